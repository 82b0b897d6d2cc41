/** Maps compiled files, enters their code and leaves it: the one module that needs native access. */
module kiln.loader {
    requires transitive kiln.artifact;

    exports kiln.loader to
            kiln.cli,
            kiln.compiler,
            kiln.runtime,
            kiln.wasi;
}
