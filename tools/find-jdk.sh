# Sourced by the scripts at the top. find_jdk sets JAVA_HOME to a JDK 25 or newer, or explains what is missing.
# Looks at JAVA_HOME first, then at the usual places; a JAVA_HOME that is too old is passed over.

jdk_version() { # major version of the JDK or JRE in $1, or nothing
    [ -x "$1/bin/java" ] || return 0
    if [ -r "$1/release" ]; then
        sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
    else
        "$1/bin/java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'
    fi
}

find_jdk() {
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*2[6-9]* /opt/jdk* /opt/java* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$(dirname "$(dirname "$(readlink -f "$(command -v java || echo /)")")")"; do
        [ -n "$candidate" ] || continue
        version=$(jdk_version "$candidate")
        if [ -n "$version" ] && [ "$version" -ge 25 ]; then
            JAVA_HOME=$candidate
            export JAVA_HOME
            return 0
        fi
    done
    echo "kiln needs a JDK 25 or newer. Set JAVA_HOME to one, or install it (Debian: apt-get install openjdk-25-jdk-headless," >&2
    echo "or a package of Temurin 25), then run this again." >&2
    return 1
}
