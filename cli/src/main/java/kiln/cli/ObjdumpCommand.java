package kiln.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.Callable;
import kiln.artifact.Artifact;
import kiln.artifact.FuncKey;
import kiln.artifact.FunctionIndex;
import kiln.artifact.Printable;
import kiln.artifact.SourceLines;
import kiln.artifact.api.TrapCode;
import kiln.disasm.CapstoneMissingException;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "objdump",
        mixinStandardHelpOptions = true,
        description =
                "Shows what is in a .cwasm file: disassembly with trap codes and wasm offsets, the index, the tables. "
                        + "A .wasm or .wat file is compiled first.")
final class ObjdumpCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The file: .cwasm, .wasm or .wat; - is standard input.")
    Path file;

    @Option(
            names = "--function",
            paramLabel = "NAME|INDEX",
            description = "Only this function, by its name or export, or by its index in the module.")
    String function;

    @Option(
            names = "--section",
            paramLabel = "SECTION",
            defaultValue = "text",
            description = "text (default), index, traps, offsets, stackmaps, or the name of any section for its bytes.")
    String section;

    private final PrintWriter out =
            new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));

    private final CompileOptions compile = CompileOptions.forFiles();

    static CommandLine commandLine() {
        ObjdumpCommand command = new ObjdumpCommand();
        CommandLine line = new CommandLine(command);
        command.compile.addTo(line.getCommandSpec());
        return line;
    }

    @Override
    public Integer call() throws IOException {
        file = InputFile.named(file);
        try (Artifact artifact = CompiledFile.open(file, compile)) {
            switch (section) {
                case "text" -> text(artifact);
                case "index" -> index(artifact);
                case "traps" -> {
                    BitSet wanted = wantedEntries(artifact);
                    artifact.traps().forEach((at, code) -> {
                        // A trap site may be the address after a function's last instruction, a call.
                        if (isIn(artifact, wanted, at) || isIn(artifact, wanted, at - 1)) {
                            out.printf("%8x  %s%n", at, TrapCode.values()[code].message());
                        }
                    });
                }
                case "offsets" -> {
                    if (artifact.offsets() == null) {
                        throw new UserError(file, "offsets were stripped");
                    }
                    BitSet wanted = wantedEntries(artifact);
                    artifact.offsets().forEach((at, wasm) -> {
                        if (isIn(artifact, wanted, at)) {
                            out.printf("%8x  %s%n", at, wasm < 0 ? "-" : "0x" + Integer.toHexString(wasm));
                        }
                    });
                }
                case "stackmaps" -> {
                    BitSet wanted = wantedEntries(artifact);
                    if (artifact.stackMaps() != null) {
                        artifact.stackMaps().forEach((at, words) -> {
                            if (isIn(artifact, wanted, at - 1)) {
                                out.printf("%8x  %s%n", at, frameWords(words));
                            }
                        });
                    }
                }
                default -> {
                    if (function != null) {
                        throw new UserError("--function selects of text, index, traps, offsets and stackmaps, not of "
                                + Printable.name(section));
                    }
                    bytes(artifact);
                }
            }
        } finally {
            out.flush();
        }
        return 0;
    }

    /** Words of a frame as distances from its base. */
    private static String frameWords(int[] words) {
        StringBuilder s = new StringBuilder();
        for (int w : words) {
            s.append(s.isEmpty() ? "fp-" : " fp-").append(8L * (w + 1));
        }
        return s.toString();
    }

    private void index(Artifact artifact) {
        ArtifactNames names = new ArtifactNames(artifact);
        FunctionIndex index = artifact.index();
        wantedEntries(artifact).stream().forEach(i -> {
            FuncKey key = FuncKey.ofRaw(index.key(i));
            out.printf(
                    "%08x:%-8d %8x %8d  %s%n",
                    key.namespace(), key.index(), index.start(i), index.length(i), names.of(key));
        });
    }

    /** The entries of the index that the user asked for. */
    private BitSet wantedEntries(Artifact artifact) {
        ArtifactNames names = new ArtifactNames(artifact);
        FunctionIndex index = artifact.index();
        BitSet wanted = new BitSet();
        for (int i = 0; i < index.entries(); i++) {
            if (index.length(i) > 0 && isWanted(names, FuncKey.ofRaw(index.key(i)))) {
                wanted.set(i);
            }
        }
        if (wanted.isEmpty() && function != null) {
            throw new UserError(file, "no function " + Printable.name(function));
        }
        return wanted;
    }

    private static boolean isIn(Artifact artifact, BitSet entries, long address) {
        int entry = artifact.index().entryAt(address);
        return entry >= 0 && entries.get(entry);
    }

    private void bytes(Artifact artifact) {
        MemorySegment bytes = artifact.sectionBytes(section);
        if (bytes == null) {
            bytes = artifact.sectionBytes(".kiln." + section);
        }
        if (bytes == null) {
            throw new UserError(
                    file,
                    "no section " + Printable.name(section) + " (there are: " + Printable.names(artifact.sections())
                            + ")");
        }
        for (long at = 0; at < bytes.byteSize(); at += 16) {
            byte[] row = bytes.asSlice(at, Math.min(16, bytes.byteSize() - at)).toArray(ValueLayout.JAVA_BYTE);
            out.printf("%8x  %s%n", at, HexFormat.ofDelimiter(" ").formatHex(row));
        }
    }

    private void text(Artifact artifact) {
        ArtifactNames names = new ArtifactNames(artifact);
        FunctionIndex index = artifact.index();
        BitSet wanted = wantedEntries(artifact);
        try (Disassembler disassembler =
                new Disassembler(Isa.of(artifact.compat().architecture()))) {
            for (int i = wanted.nextSetBit(0); i >= 0; i = wanted.nextSetBit(i + 1)) {
                function(artifact, names, disassembler, i, FuncKey.ofRaw(index.key(i)));
            }
        } catch (CapstoneMissingException e) {
            throw new UserError(e.getMessage());
        }
    }

    private boolean isWanted(ArtifactNames names, FuncKey key) {
        if (function == null || names.isNamed(key, function)) {
            return true;
        }
        return key.kind() == FuncKey.Kind.WASM_FUNCTION && function.equals(Integer.toString(names.functionIndex(key)));
    }

    private void function(Artifact artifact, ArtifactNames names, Disassembler disassembler, int entry, FuncKey key) {
        long start = artifact.index().start(entry);
        byte[] code =
                artifact.text().asSlice(start, artifact.index().length(entry)).toArray(ValueLayout.JAVA_BYTE);
        out.printf("%n%08x <%s>: %s%n", start, names.of(key), key);
        int lastWasm = -1;
        SourceLines.Line lastLine = null;
        for (Instruction in : disassembler.disassemble(code, start)) {
            StringBuilder line = new StringBuilder(
                    String.format(Locale.ROOT, "%8x: %-24s %s", in.address(), shortHex(in), in.text()));
            note(line, artifact, in.address());
            int wasm = artifact.offsets() == null ? -1 : artifact.offsets().find(in.address(), start);
            if (wasm != lastWasm && wasm >= 0) {
                pad(line).append("@0x").append(Integer.toHexString(wasm));
                SourceLines.Line source = sourceLine(artifact, key, in.address(), wasm);
                if (source != null && !source.equals(lastLine)) {
                    out.println(Printable.name(source.file()) + ":" + source.line());
                    lastLine = source;
                }
            }
            lastWasm = wasm;
            target(line, artifact, names, entry, in);
            out.println(line);
        }
    }

    /** Of what was inlined, that of the inlined function. */
    private static SourceLines.Line sourceLine(Artifact artifact, FuncKey key, long address, int wasm) {
        if (artifact.lines() == null || key.kind() != FuncKey.Kind.WASM_FUNCTION) {
            return null;
        }
        int site = artifact.inlines() == null ? -1 : artifact.inlines().find(address);
        int module = site < 0
                ? key.payload()
                : artifact.inlines().site(site).callee().payload();
        return artifact.lines().find(module, wasm);
    }

    private static String shortHex(Instruction in) {
        String hex = HexFormat.of().formatHex(in.bytes());
        return hex.length() > 24 ? hex.substring(0, 23) + "+" : hex;
    }

    private static StringBuilder pad(StringBuilder line) {
        while (line.length() < 78) {
            line.append(' ');
        }
        return line.append(" ; ");
    }

    /** A trap site is the faulting instruction or the return address of a call to the trap stub. */
    private static void note(StringBuilder line, Artifact artifact, long address) {
        int trap = artifact.traps().find(address);
        if (trap >= 0) {
            pad(line).append("trap: ").append(TrapCode.values()[trap].message());
        }
    }

    /** Names the callee of a direct call or jump out of the function. */
    private static void target(StringBuilder line, Artifact artifact, ArtifactNames names, int entry, Instruction in) {
        String operands = in.operands();
        int hex = operands.lastIndexOf("0x");
        if (hex < 0
                || !(in.mnemonic().startsWith("call")
                        || in.mnemonic().startsWith("j")
                        || in.mnemonic().startsWith("b"))) {
            return;
        }
        try {
            long address = Long.parseUnsignedLong(operands.substring(hex + 2), 16);
            int target = artifact.index().entryAt(address);
            if (target >= 0 && target != entry && artifact.index().start(target) == address) {
                pad(line).append(names.of(FuncKey.ofRaw(artifact.index().key(target))));
            }
        } catch (NumberFormatException _) {
            // Not a plain address: an operand in brackets.
        }
    }
}
