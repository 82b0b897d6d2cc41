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

"$root/tools/train.sh" "$dist/kiln.jar" "$dist" "$root/examples" "$root/tools/training.wasm"
