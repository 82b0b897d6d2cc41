# Sourced by the scripts at the top. find_jdk sets JAVA_HOME to a JDK 25 or newer, or explains what is missing.
# Looks at JAVA_HOME first, then at the usual places; a JAVA_HOME that is too old is passed over.

is_recent() { # whether there is a JDK or JRE in $1 that is new enough; by itself where it says so: a process takes long
    [ -n "$1" ] && [ -x "$1/bin/java" ] || return 1
    version=
    if [ -r "$1/release" ]; then
        while read -r line; do
            case $line in
            JAVA_VERSION=\"*)
                version=${line#*\"}
                version=${version%%[!0-9]*}
                ;;
            esac
        done <"$1/release"
    else
        version=$("$1/bin/java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
    fi
    [ -n "$version" ] && [ "$version" -ge 25 ]
}

find_jdk() {
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*2[6-9]* /opt/jdk* /opt/java* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home PATH; do
        if [ "$candidate" = PATH ]; then # last, since it takes processes
            candidate=$(readlink -f "$(command -v java || echo /)")
            candidate=${candidate%/*/*}
        fi
        if is_recent "$candidate"; then
            JAVA_HOME=$candidate
            export JAVA_HOME
            return 0
        fi
    done
    echo "kiln needs a JDK 25 or newer. Set JAVA_HOME to one, or install it (Debian: apt-get install openjdk-25-jdk-headless," >&2
    echo "or a package of Temurin 25), then run this again." >&2
    return 1
}
