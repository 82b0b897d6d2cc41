#!/bin/sh
# Builds cli/target/dist: kiln.jar, and the JVM's ahead-of-time caches of training runs, which make the command
# start faster: run.aot for running compiled programs, with no more in it than that needs, and kiln.aot for all else.
# Called by ./kiln on first use and when sources have changed; needs a JDK 25, and Maven or the network.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/find-jdk.sh"
find_jdk
dist=$root/cli/target/dist
if [ "${1:-}" != --cache-only ]; then
    maven=mvn
    command -v mvn >/dev/null || maven=$root/mvnw # fetches one
    echo "building kiln ..." >&2
    # Maven prints even when it has nothing to say; what it says matters only if it fails.
    log=$(mktemp)
    (cd "$root" && "$maven" -q -B -ntp -DskipTests -pl cli -am package) >"$log" 2>&1 || {
        cat "$log" >&2
        rm -f "$log"
        exit 1
    }
    rm -f "$log"
fi
"$JAVA_HOME/bin/java" "$root/tools/PackJar.java" "$dist/kiln.jar"
touch "$dist/kiln.jar" # newer than all sources, even if they made no other jar

# Which compiler this is, and the JVM that it was made ready for: the name of the compile server's socket.
rm -f "$dist/kiln.id"
id=$({ sha256sum <"$dist/kiln.jar"; cat "$JAVA_HOME/release" 2>/dev/null; } | sha256sum | cut -c1-20)

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
# train FILE WHAT [OPTION]: a training run may fail (a JVM without this feature): kiln then starts without the cache.
# What the run teaches the JIT is left out: it would have the next process compile at once what it will hardly call.
train() {
    "$JAVA_HOME/bin/java" -XX:+UnlockDiagnosticVMOptions -XX:+IgnoreUnrecognizedVMOptions -XX:-AOTRecordTraining \
        -XX:AOTCacheOutput="$dist/$1" -Xlog:disable -XX:+UseSerialGC -Xss2m --enable-native-access=ALL-UNNAMED ${3:-} \
        -cp "$dist/kiln.jar" kiln.cli.Training "$2" "$root/examples" "$work" "$root/tools/training.wasm" >/dev/null 2>&1 ||
        { echo "kiln will start slowly: this JVM made no cache of a training run." >&2; : >"$dist/$1"; }
    touch "$dist/$1"
}
train kiln.aot all # leaves the compiled program in $work
train run.aot run
# A server for the training run of its client.
mkdir -m 700 "$work/server"
"$JAVA_HOME/bin/java" -XX:AOTCache="$dist/kiln.aot" -Xlog:disable -XX:+UseSerialGC -Xss2m \
    --enable-native-access=ALL-UNNAMED -cp "$dist/kiln.jar" kiln.cli.server.CompileServer "$work/server/s" 60 \
    >/dev/null 2>&1 &
server=$!
tries=0
until [ -S "$work/server/s" ] || [ $tries = 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
train client.aot client "-Dkiln.server=$work/server/s"
printf '%s %s\n' "$id" "$JAVA_HOME" >"$dist/kiln.id"
