#!/bin/sh
# Starts the kiln command of a distribution: finds a JDK 25 (JAVA_HOME first) and makes its start-up caches on first use.
# KILN_JAVA_OPTS adds options for the JVM.
set -eu
# What is closed stays unusable, instead of becoming the next file that the JVM opens: a guest could read that.
[ -e /proc/self/fd/0 ] || exec 0>/dev/null
[ -e /proc/self/fd/1 ] || exec 1</dev/null
[ -e /proc/self/fd/2 ] || exec 2</dev/null
case $0 in /*) launcher=$0 ;; *) launcher=$PWD/${0#./} ;; esac
root=${launcher%/*/*}
# A link, or in a folder that is one. Only then: a process takes as long as the rest of this script.
if [ -L "$launcher" ] || [ ! -e "$root/lib/kiln.jar" ]; then
    launcher=$(readlink -f "$launcher")
    root=${launcher%/*/*}
fi
lib=$root/lib
. "$lib/find-jdk.sh"
case ${JAVA_HOME:-} in
*25* | *26*) [ -x "$JAVA_HOME/bin/java" ] || find_jdk ;; # the name says it: no need to look further
*) find_jdk ;;
esac
jar=$lib/kiln.jar
dist=$lib/start
ready() { # whether the caches are those of this JVM
    [ -r "$dist/kiln.id" ] && read -r _ home <"$dist/kiln.id" && [ "$home" = "$JAVA_HOME" ]
}
if ! ready && { [ ! -w "$lib" ] || [ ! -w "$dist" -a -e "$dist" ]; }; then
    # Installed for others, too: each user has caches of their own.
    base=${XDG_CACHE_HOME:-}
    case $base in /*) ;; *) base=${HOME:-/nowhere}/.cache ;; esac
    dist=$base/kiln/start/$(printf %s "$root" | cksum | tr -dc 0-9)
fi
if ! ready && mkdir -p "$dist" 2>/dev/null; then
    (
        flock 9
        if ! ready; then
            echo "preparing kiln for $JAVA_HOME, once ..." >&2
            "$lib/train.sh" "$jar" "$dist" "$lib/examples" "$lib/training.wasm"
        fi
    ) 9>"$dist/lock"
fi
. "$lib/launch.sh"
