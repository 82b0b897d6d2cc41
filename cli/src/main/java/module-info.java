/** The command line. */
module kiln.cli {
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.management;
    requires jdk.management;
    requires kiln.compiler;
    requires kiln.component;
    requires kiln.disasm;
    requires kiln.loader;
    requires kiln.translate;
    requires kiln.wasi;
    requires kiln.wat;
}
