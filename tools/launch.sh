# Sourced by the launchers, ./kiln and that of the distribution: starts the command in Java with the caches and options
# that fit its arguments. Needs JAVA_HOME; dist, the folder of the caches; jar; launcher, which starts kiln again.

# Without a UTF-8 locale Java cannot open files whose names are not ASCII; in another language than this one's, the
# operating system's errors would reach guest programs as EIO.
locale=${LC_ALL-} # which --inherit-env gives to the guest
export LC_ALL=C.UTF-8

# What little Java runs before a compiled program does is not worth compiling: the JIT starts later than is usual.
late="-XX:Tier3InvocationThreshold=5000 -XX:Tier3MinInvocationThreshold=2000 -XX:Tier3CompileThreshold=8000"
# A compilation is over before C2 has paid for itself, even one of many megabytes: C1 alone takes half the time.
quick=-XX:TieredStopAtLevel=1
later="-XX:Tier3InvocationThreshold=2000 -XX:Tier3MinInvocationThreshold=1000 -XX:Tier3CompileThreshold=20000"
# Most of what a compilation allocates is soon garbage: a JVM's own idea of a heap, which follows the machine's memory, costs
# more memory and no less time.
small="-Xms160m -Xmn64m"
# The cache has no profiles (train.sh), but a thread would look for some whenever a class is used first.
no_profiles="-XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTReplayTraining"
# The JDK would look through the whole jar for another one than its own.
selectors=-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider
# The cache at the address that it was made for, instead of at one that is hard to guess: where no program is run.
fixed=-XX:ArchiveRelocationMode=0
# Who only asks the server is done before a JIT is ready, and calls little by reflection; SystemRandom needs the
# package. The cache is for the same (train.sh).
asking="-Xint $no_profiles $fixed $selectors -Djdk.reflect.useNativeAccessorOnly=true \
    --add-exports=java.base/sun.security.jca=ALL-UNNAMED"
cache=kiln.aot
jit=$late
# "run" may be left out.
command=${1:-}
case $command in
-h | --help | -V | --version) ;;
-?* | */* | *.wasm | *.cwasm | *.wat) command=run ;;
esac
case $command in
compile) jit="$quick $small $fixed" ;;
bench) jit=$quick ;;
run)
    # By name: a wrong guess costs time, but nothing else.
    for arg; do
        case $arg in
        *.cwasm) cache=run.aot; break ;;
        *.wasm | *.wat) jit=$quick; break ;;
        esac
    done
    ;;
wast) jit= ;;
esac
# The compile server of this user, version and JVM (docs/compile-server.md): sets client to its socket if there is one.
# Otherwise, if something was compiled within the last ten minutes, sets start: the compilation is to start one.
find_server() {
    case ${KILN_SERVER:-} in off | no | 0) return 0 ;; esac
    for arg; do
        [ "$arg" != --no-server ] || return 0
    done
    base=${XDG_CACHE_HOME:-}
    case $base in /*) ;; *) base=${HOME:-}/.cache ;; esac
    case $base in /*) ;; *) return 0 ;; esac
    [ -r "$dist/kiln.id" ] && read -r id home <"$dist/kiln.id" && [ "$home" = "$JAVA_HOME" ] || return 0
    folder=$base/kiln/server
    socket=$folder/$id
    [ ${#socket} -le 100 ] || return 0 # the longest name of a socket has 107 bytes
    if [ -S "$socket" ]; then
        client=$socket
        return 0
    fi
    [ -d "$folder" ] || (umask 077 && mkdir -p "$folder") 2>/dev/null || return 0
    if [ -n "$(find "$socket.used" -mmin -10 2>/dev/null)" ]; then
        start=$socket
    fi
    : >"$socket.used" 2>/dev/null || :
}
# Whether "compile" is asked for nothing but what QuickCompile understands, one module in a file; it looks again.
is_plain() {
    [ -z "${KILN_JAVA_OPTS:-}" ] && [ -n "$launcher" ] || return 1
    shift
    module=
    while [ $# -gt 0 ]; do
        case $1 in
        -o | -O)
            [ $# -gt 1 ] || return 1
            shift
            ;;
        --interruptible | --explicit-bounds | --keep-all | --no-inlining | --eager-tables | --debug-info) ;;
        -* | @*) return 1 ;;
        *.wasm)
            [ -z "$module" ] && [ -f "$1" ] || return 1
            module=$1
            ;;
        *) return 1 ;;
        esac
        shift
    done
    [ -n "$module" ]
}
client=
start=
case $command in
compile-server) # SOCKET: run by a compilation; not for users
    session=
    ! command -v setsid >/dev/null || session=setsid
    exec $session "$JAVA_HOME/bin/java" -XX:AOTCache="$dist/kiln.aot" -Xlog:disable -XX:+UseSerialGC -XX:-UsePerfData \
        -Xss2m $quick -Xmn64m -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED \
        -cp "$jar" kiln.cli.server.CompileServer "$2" 300
    ;;
compile)
    find_server "$@"
    if [ -n "$client" ]; then
        if is_plain "$@"; then
            exec "$JAVA_HOME/bin/java" -XX:AOTCache="$dist/client.aot" -Xlog:disable -XX:+UseSerialGC -XX:-UsePerfData \
                $asking --enable-native-access=ALL-UNNAMED "-Dkiln.server=$client" "-Dkiln.launcher=$launcher" \
                "-Dkiln.locale=$locale" -cp "$jar" kiln.cli.QuickCompile "$@"
        fi
        jit="$late $fixed"
    else
        # While less than 32 KB are compiled too little becomes hot.
        case "$*" in *.wasm*.wasm*) ;; # several modules
        *)
            for arg; do
                case $arg in
                *.wasm) [ -z "$(find "$arg" -prune -size -64 2>/dev/null)" ] || jit="$jit $later" ;;
                esac
            done
            ;;
        esac
    fi
    ;;
run) [ "$jit" != "$quick" ] || find_server "$@" ;;
esac
# The AOT cache holds loaded and linked classes for one JVM; a JVM that it was not made for ignores it.
exec "$JAVA_HOME/bin/java" -XX:AOTCache="$dist/$cache" -Xlog:disable -XX:+UseSerialGC -XX:-UsePerfData -Xss2m \
    $no_profiles $jit --enable-native-access=ALL-UNNAMED ${client:+"-Dkiln.server=$client" "$selectors"} \
    ${start:+"-Dkiln.server.start=$start" "-Dkiln.launcher=$launcher"} \
    "-Dkiln.locale=$locale" ${KILN_JAVA_OPTS:-} -cp "$jar" kiln.cli.Main "$@"
