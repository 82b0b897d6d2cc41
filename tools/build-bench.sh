#!/bin/sh
# Brings the kiln command and the classes of the benchmarks up to date. Called by the scripts in bench before they start a JVM: a jar
# must not change under it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
"$root/kiln" --version >/dev/null
classes=$root/bench/target/classes
if [ ! -d "$classes" ] || [ -n "$(find "$root/bench/pom.xml" "$root/bench/src" "$root/cli/target/dist/kiln.jar" -newer "$classes" -print -quit)" ]; then
    (cd "$root" && mvn -q -B -DskipTests -pl bench -am compile) >&2
    touch "$classes"
fi
