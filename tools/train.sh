#!/bin/sh
# train.sh JAR FOLDER EXAMPLES PROGRAM: makes the JVM's ahead-of-time caches in FOLDER, by training runs with the examples
# and with a program that has a little of everything; last the file kiln.id. Needs JAVA_HOME.
set -eu
jar=$1 dist=$2 examples=$3 program=$4

# Which compiler this is, and the JVM that it was made ready for: the name of the compile server's socket.
rm -f "$dist/kiln.id"
id=$({ sha256sum <"$jar"; cat "$JAVA_HOME/release" 2>/dev/null; } | sha256sum | cut -c1-20)

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
# train FILE WHAT [OPTION]...: a training run may fail (a JVM without this feature): kiln then starts without the cache.
# What the run teaches the JIT is left out: it would have the next process compile at once what it will hardly call.
train() {
    cache=$dist/$1 what=$2
    shift 2
    "$JAVA_HOME/bin/java" -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining \
        -XX:AOTCacheOutput="$cache" -Xlog:disable -XX:+UseSerialGC -Xss2m --enable-native-access=ALL-UNNAMED "$@" \
        -cp "$jar" kiln.cli.Training "$what" "$examples" "$work" "$program" >/dev/null 2>&1 ||
        { echo "kiln will start slowly: this JVM made no cache of a training run." >&2; : >"$cache"; }
    touch "$cache"
}
# A server for the training runs of what asks it.
mkdir -m 700 "$work/server"
socket=$work/server/s
"$JAVA_HOME/bin/java" -Xlog:disable -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss2m --enable-native-access=ALL-UNNAMED \
    -cp "$jar" kiln.cli.server.CompileServer "$socket" 300 >/dev/null 2>&1 &
server=$!
tries=0
until [ -S "$socket" ] || [ $tries = 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
# As launch.sh starts what asks.
selectors=-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider
train kiln.aot all "-Dkiln.server=$socket" $selectors # leaves the compiled program in $work
train run.aot run
printf '%s %s\n' "$id" "$JAVA_HOME" >"$dist/kiln.id"
