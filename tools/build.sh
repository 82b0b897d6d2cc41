#!/bin/sh
# Builds cli/target/dist: kiln.jar, and kiln.aot, the JVM's ahead-of-time cache of a training run, which makes the
# command start faster. Called by ./kiln on first use; needs Maven and a JDK 25.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/find-jdk.sh"
find_jdk
dist=$root/cli/target/dist
if [ "${1:-}" != --cache-only ]; then
    command -v mvn >/dev/null || { echo "kiln needs Maven to build itself (Debian: apt-get install maven)." >&2; exit 1; }
    echo "building kiln (once) ..." >&2
    (cd "$root" && mvn -q -B -DskipTests -pl cli -am package) >&2
fi
# The training run compiles and runs the example, so that what these commands load is in the cache. It may fail (a JVM
# without this feature): kiln then starts without the cache.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$dist/kiln.aot" -Xlog:disable -XX:+UseSerialGC -Xss2m --enable-native-access=ALL-UNNAMED \
    -cp "$dist/kiln.jar" kiln.cli.Training "$root/examples" "$work" >/dev/null 2>&1 || : >"$dist/kiln.aot"
touch "$dist/kiln.aot"
