/** Disassembles machine code with Capstone, where it is installed. */
module kiln.disasm {
    requires com.sun.jna;

    exports kiln.disasm to
            kiln.cli;
}
