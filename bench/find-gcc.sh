# Sourced by scripts of this folder: puts options that name wasm2c and C compilers to Java into $gcc_options;
# find_gcc ARCHITECTURE... adds the compilers (Debian: wabt, gcc, gcc-aarch64-linux-gnu). What is missing is named on
# the error output, and left out.
found() { command -v "$1" 2>/dev/null || { echo "$(basename "$0"): no $1: what needs it is left out" >&2; false; }; }

gcc_options=
if wasm2c=$(found wasm2c); then
    for runtime in /usr/share/wabt/wasm2c /usr/local/share/wabt/wasm2c; do
        [ -e $runtime/wasm-rt-impl.c ] && gcc_options="-Dkiln.wasm2c=$wasm2c -Dkiln.wasm2c.runtime=$runtime" && break
    done
fi

find_gcc() {
    for arch; do
        prefix=
        [ "$(uname -m)" = "$arch" ] || prefix=$arch-linux-gnu-
        if gcc=$(found ${prefix}gcc); then
            gcc_options="$gcc_options -Dkiln.gcc.$arch-linux=$gcc"
        fi
    done
}
