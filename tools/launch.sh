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
# Whether "compile" is asked for nothing but one module in a file and the usual options: sets options, module, output,
# and that as a name in a folder.
is_plain() {
    # The server's JVM has none of these options.
    [ -z "${KILN_JAVA_OPTS:-}${JAVA_TOOL_OPTIONS:-}${JDK_JAVA_OPTIONS:-}${_JAVA_OPTIONS:-}" ] || return 1
    case "$*" in *[[:cntrl:]]*) return 1 ;; esac # a request is a line, with tabs
    options= module= output=
    shift
    while [ $# -gt 0 ]; do
        case $1 in
        -o)
            case ${2:-} in '' | [-@]*) return 1 ;; esac
            [ -z "$output" ] || return 1
            output=$2
            shift
            ;;
        -O)
            case ${2:-} in [012]) ;; *) return 1 ;; esac
            case $options in *-O*) return 1 ;; esac
            options="$options -O$2"
            shift
            ;;
        --interruptible | --explicit-bounds | --keep-all | --no-inlining | --eager-tables | --debug-info)
            case "$options " in *" $1 "*) return 1 ;; esac
            options="$options $1"
            ;;
        [-@]*) return 1 ;;
        *.wasm)
            [ -z "$module" ] && [ -f "$1" ] || return 1
            module=$1
            ;;
        *) return 1 ;;
        esac
        shift
    done
    [ -n "$module" ] || return 1
    options=${options# }
    : "${output:=${module%.wasm}.cwasm}"
    name=${output##*/}
    into=${output%"$name"}
    into=${into:-.}
    case $name in '' | . | ..) return 1 ;; esac
    [ ! -L "$output" ] && [ ! "$module" -ef "$output" ] && { [ -f "$output" ] || [ ! -e "$output" ]; }
}
# Whether the server that has left its address is that process still, takes requests by its standard input (which is a
# pipe), runs this jar in this JVM, and sees the same files and processes: sets server.
is_alive() {
    [ -O "$folder" ] && [ ! -L "$folder" ] && [ -O "$client.lock" ] || return 1
    read -r server began path 2>/dev/null <"$client.lock" || return 1
    case $server in '' | *[!0-9]*) return 1 ;; esac
    read -r stat 2>/dev/null <"/proc/$server/stat" || return 1
    set -- ${stat##*\) }
    [ "${20:-}" = "$began" ] && [ "$path" = "$jar" ] &&
        [ -p "/proc/$server/fd/0" ] && [ "/proc/$server/exe" -ef "$JAVA_HOME/bin/java" ] &&
        [ "/proc/$server/ns/mnt" -ef /proc/self/ns/mnt ] && [ "/proc/$server/ns/pid" -ef /proc/self/ns/pid ] &&
        [ "/proc/$server/ns/user" -ef /proc/self/ns/user ] && [ "/proc/$server/root" -ef / ]
}
# Has the server compile, without a JVM for that; class Launchers is the other side, and says how. Returns if the
# command is to go on by itself, for whatever reason: then it does all anew. No waiting here lasts for ever: writing to
# a full pipe is left to a process in the background, and who waits for the answer is woken by the end of a process
# that sleeps, or, once the server has taken that one's place, by the server's end.
ask_server() {
    terminal=0
    [ ! -t 2 ] || terminal=1
    answer='n;' # if the files cannot be opened
    {
        answer=$(
            read -r self _ </proc/self/stat # $$ is the process around this one
            {
                exec >&5
                printf 'KLN2\t%s\t%s\t%s\t%s\t%s\t%s\n' "$self" $$ $terminal "$options" "$module" "$name"
            } &
            exec sleep 2
        )
    } 2>/dev/null 3<"$module" 4<"$into" 5>"/proc/$server/fd/0" || :
    answer=${answer#.}
    case $answer in
    '0;') exit 0 ;;
    2*';')
        answer=${answer#2}
        printf '%s\n' "${answer%;}" >&2 || :
        exit 2
        ;;
    'n;') ;; # The server takes other requests, perhaps even this one by its socket.
    *)
        # It has ended, or is stopped. Without its socket it ends when it goes on, and nobody else waits for it.
        rm -f "$client"
        client=
        ;;
    esac
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
    if [ -n "$client" ] && is_plain "$@" && is_alive && [ $((${#module} + ${#name})) -le 900 ]; then
        ask_server # 4096 bytes are written at once, which are 1000 characters at least
    fi
    if [ -n "$client" ]; then
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
