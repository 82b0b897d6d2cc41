#!/bin/sh
# Builds cli/target/dist: kiln.jar, and two of the JVM's ahead-of-time caches of training runs, which make the command
# start faster: run.aot for running compiled programs, with no more in it than that needs, and kiln.aot for all else.
# Called by ./kiln on first use and when sources have changed; needs Maven and a JDK 25.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/find-jdk.sh"
find_jdk
dist=$root/cli/target/dist
if [ "${1:-}" != --cache-only ]; then
    command -v mvn >/dev/null || { echo "kiln needs Maven to build itself (Debian: apt-get install maven)." >&2; exit 1; }
    echo "building kiln ..." >&2
    # Maven prints even when it has nothing to say; what it says matters only if it fails.
    log=$(mktemp)
    (cd "$root" && mvn -q -B -ntp -DskipTests -pl cli -am package) >"$log" 2>&1 || {
        cat "$log" >&2
        rm -f "$log"
        exit 1
    }
    rm -f "$log"
fi
"$JAVA_HOME/bin/java" "$root/tools/PackJar.java" "$dist/kiln.jar"
touch "$dist/kiln.jar" # newer than all sources, even if they made no other jar

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# train FILE WHAT: a training run may fail (a JVM without this feature): kiln then starts without the cache. What the
# run teaches the JIT is left out: it would have the next process compile at once what it will hardly call.
train() {
    "$JAVA_HOME/bin/java" -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining \
        -XX:AOTCacheOutput="$dist/$1" -Xlog:disable -XX:+UseSerialGC -Xss2m --enable-native-access=ALL-UNNAMED \
        -cp "$dist/kiln.jar" kiln.cli.Training "$2" "$root/examples" "$work" "$root/tools/training.wasm" >/dev/null 2>&1 ||
        { echo "kiln will start slowly: this JVM made no cache of a training run." >&2; : >"$dist/$1"; }
    touch "$dist/$1"
}
train kiln.aot all # leaves the compiled program in $work
train run.aot run
