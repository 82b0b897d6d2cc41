#!/bin/sh
# dist.sh [OUT.zip]: makes the distribution, a zip file with the command and all that it needs but a JDK, out of
# cli/target/dist/kiln.jar (default: cli/target/kiln-VERSION.zip). The same jar gives the same bytes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/find-jdk.sh"
find_jdk
version=$(sed -n 's:.*<parent>.*<artifactId>kiln</artifactId><version>\(.*\)</version>.*:\1:p' "$root/cli/pom.xml" | head -1)
out=${1:-$root/cli/target/kiln-${version:-dev}.zip}
[ -e "$root/cli/target/dist/kiln.jar" ] || "$root/tools/build.sh"
"$JAVA_HOME/bin/java" "$root/tools/DistZip.java" "$root" "kiln-${version:-dev}" "$out"
