package kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import kiln.artifact.Artifact;
import kiln.artifact.FuncKey;
import kiln.artifact.OutputFile;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.SourceLines;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Exploration;
import kiln.disasm.CapstoneMissingException;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import kiln.wasm.BodyPrinter;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kiln explore}: a page that shows wasm text, IR and machine code side by side. */
@Command(
        name = "explore",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a page that shows functions as WebAssembly, as IR and as machine code side by side.",
            "What comes from the same instruction is marked together. The page is one file and loads nothing."
        })
final class ExploreCommand implements Callable<Integer> {
    private static final String PAGE = "explore.html";
    private static final String DATA_PLACE = "/*DATA*/null";
    /** Of functions on one page: pages of some ten times this size can still be opened. */
    private static final long MAX_CODE_BYTES = 4 << 20;

    private static final int BYTES_A_ROW = 16;

    @Parameters(paramLabel = "FILE", description = "The module: .wasm or .wat.")
    Path file;

    @Option(
            names = "-o",
            paramLabel = "OUT.html",
            description = "Where to write (default: the input's name with .html).")
    Path output;

    @Option(
            names = "--function",
            paramLabel = "NAME|INDEX",
            description = "Only this function, by its name or export, or by its index in the module; may be repeated.")
    List<String> functions = List.of();

    private final CompileOptions compile = CompileOptions.forThisMachine();

    static CommandLine commandLine() {
        ExploreCommand command = new ExploreCommand();
        CommandLine line = new CommandLine(command);
        command.compile.addTo(line.getCommandSpec());
        return line;
    }

    @Override
    public Integer call() throws IOException {
        file = InputFile.named(file);
        if (output == null && file.equals(InputFile.STDIN)) {
            throw new UserError("standard input has no name for the output: give one with -o");
        }
        byte[] wasm = ModuleFiles.read(file);
        if (!ModuleFiles.isWasm(wasm)) {
            ModuleFiles.requireKnown(file, wasm);
            throw new UserError(file, "is no WebAssembly: a compiled file does not tell what it was made from");
        }
        if (ModuleFiles.isComponent(file)) {
            throw new UserError(file, "is a component: explore shows one module, objdump all of a compiled component");
        }
        String name = PathBytes.text(file);
        Exploration explored;
        try (Progress progress = Progress.onTerminal("compiling " + Printable.file(file.getFileName()))) {
            explored = Exploration.of(name, wasm, compile.toOptions(), progress);
        }
        WasmModule module = ModuleDecoder.decode(wasm, name, Features.ALL);
        MemorySegment bytes = Arena.ofAuto()
                .allocate(explored.compiled().length, 64)
                .copyFrom(MemorySegment.ofArray(explored.compiled()));
        try (Artifact artifact = Artifact.of(bytes, Artifact.OpenOptions.DEFAULT)) {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("file", Printable.file(file.getFileName()));
            data.put("target", artifact.compat().architecture());
            data.put("options", Printable.name(compile.toOptions().describe()));
            data.put("functions", functions(module, artifact, explored));
            byte[] page = page(data);
            OutputFile.write(target(), MemorySegment.ofArray(page));
        }
        return 0;
    }

    private Path target() {
        return output == null
                ? file.resolveSibling(PathBytes.path(ModuleFiles.stem(file) + ".html"))
                : CompileCommand.output(output);
    }

    private List<Map<String, Object>> functions(WasmModule module, Artifact artifact, Exploration explored) {
        ArtifactNames names = new ArtifactNames(artifact);
        List<FuncKey> wanted = new ArrayList<>();
        long bytes = 0;
        for (int i : explored.ir().keySet()) {
            FuncKey key = FuncKey.wasmFunction(0, i);
            int entry = artifact.index().find(key.raw());
            if (entry >= 0 && artifact.index().length(entry) > 0 && isWanted(names, key)) {
                wanted.add(key);
                bytes += artifact.index().length(entry);
            }
        }
        if (wanted.isEmpty()) {
            throw new UserError(
                    file,
                    functions.isEmpty()
                            ? "there is no function with code"
                            : "no function " + Printable.names(functions) + " with code (functions that are inlined"
                                    + " everywhere or cannot run have none: --no-inlining, --keep-all)");
        }
        if (bytes > MAX_CODE_BYTES) {
            throw new UserError(
                    file, "has " + bytes + " bytes of code, too many for a page: name functions with --function");
        }
        BodyPrinter printer = new BodyPrinter(module);
        List<Map<String, Object>> shown = new ArrayList<>();
        try (Code code = new Code(artifact)) {
            for (FuncKey key : wanted) {
                int index = names.functionIndex(key);
                Map<String, Object> f = new LinkedHashMap<>();
                f.put("name", names.of(key));
                f.put("index", index);
                f.put("type", Printable.name(module.funcType(index).toString()));
                List<Object[]> text = wasm(artifact, printer.print(index));
                List<Object[]> ir = new ArrayList<>();
                Set<Integer> inlined = new TreeSet<>();
                for (Exploration.Line l : explored.ir().get(key.index())) {
                    ir.add(line(l.wasmOffset(), l.text()));
                    inlined.add(functionAt(module, l.wasmOffset()));
                }
                inlined.remove(-1);
                inlined.remove(index);
                for (int other : inlined) {
                    text.add(line(-1, ""));
                    text.add(line(-1, "inlined " + names.of(names.key(0, other)) + ":"));
                    text.addAll(wasm(artifact, printer.print(other)));
                }
                f.put("wasm", text);
                f.put("ir", ir);
                f.put("code", code.lines(names, key));
                shown.add(f);
            }
        }
        return shown;
    }

    /** The function whose body contains an offset, or -1. */
    private static int functionAt(WasmModule module, int offset) {
        int low = module.importedFuncCount();
        int high = module.funcCount();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (module.bodyOffset(middle) + module.bodyLength(middle) <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < module.funcCount() && module.bodyOffset(low) <= offset ? low : -1;
    }

    private boolean isWanted(ArtifactNames names, FuncKey key) {
        if (functions.isEmpty()) {
            return true;
        }
        for (String function : functions) {
            if (names.isNamed(key, function) || function.equals(Integer.toString(names.functionIndex(key)))) {
                return true;
            }
        }
        return false;
    }

    /** A line of any column: wasm offset, text, and what stands behind it. */
    private static Object[] line(int wasmOffset, String text, String... more) {
        Object[] line = new Object[2 + more.length];
        line[0] = wasmOffset;
        line[1] = text;
        System.arraycopy(more, 0, line, 2, more.length);
        return line;
    }

    private static List<Object[]> wasm(Artifact artifact, List<BodyPrinter.Line> body) {
        SourceLines.Line last = null;
        List<Object[]> lines = new ArrayList<>();
        for (BodyPrinter.Line l : body) {
            SourceLines.Line source =
                    artifact.lines() == null ? null : artifact.lines().find(0, l.offset());
            boolean isNew = source != null && !source.equals(last);
            last = source;
            lines.add(line(l.offset(), l.text(), isNew ? Printable.name(source.file()) + ":" + source.line() : ""));
        }
        return lines;
    }

    /** Machine code: disassembled where Capstone is, else as bytes. */
    private static final class Code implements AutoCloseable {
        private final Artifact artifact;
        private final Disassembler disassembler;

        Code(Artifact artifact) {
            this.artifact = artifact;
            Disassembler found = null;
            try {
                found = new Disassembler(Isa.of(artifact.compat().architecture()));
            } catch (CapstoneMissingException e) {
                System.err.println("kiln: machine code is shown as bytes: " + e.getMessage());
            }
            disassembler = found;
        }

        List<Object[]> lines(ArtifactNames names, FuncKey key) {
            int entry = artifact.index().find(key.raw());
            long start = artifact.index().start(entry);
            byte[] code = artifact.text()
                    .asSlice(start, artifact.index().length(entry))
                    .toArray(ValueLayout.JAVA_BYTE);
            List<Object[]> lines = new ArrayList<>();
            if (disassembler == null) {
                int at = 0;
                while (at < code.length) {
                    int from = offset(start + at, start);
                    int end = at + 1;
                    // A row is of one instruction of WebAssembly's, as lines of the other columns are.
                    while (end < Math.min(code.length, at + BYTES_A_ROW) && offset(start + end, start) == from) {
                        end++;
                    }
                    String row = HexFormat.ofDelimiter(" ").formatHex(code, at, end);
                    lines.add(line(from, Long.toHexString(start + at) + ": " + row));
                    at = end;
                }
                return lines;
            }
            for (Instruction in : disassembler.disassemble(code, start)) {
                int trap = artifact.traps().find(in.address());
                String note = trap < 0 ? "" : "trap: " + TrapCode.values()[trap].message();
                String callee = callee(names, entry, in);
                lines.add(line(
                        offset(in.address(), start),
                        Long.toHexString(in.address()) + ": " + in.text(),
                        note + (note.isEmpty() || callee.isEmpty() ? "" : ", ") + callee));
            }
            return lines;
        }

        private int offset(long address, long start) {
            return artifact.offsets().find(address, start);
        }

        /** The function that a direct call or jump leads to. */
        private String callee(ArtifactNames names, int entry, Instruction in) {
            int hex = in.operands().lastIndexOf("0x");
            boolean branches = in.mnemonic().startsWith("call")
                    || in.mnemonic().startsWith("j")
                    || in.mnemonic().startsWith("b");
            if (hex < 0 || !branches || !in.operands().substring(hex + 2).matches("[0-9a-f]{1,8}")) {
                return "";
            }
            long address = Long.parseLong(in.operands().substring(hex + 2), 16);
            int target = artifact.index().entryAt(address);
            return target >= 0 && target != entry && artifact.index().start(target) == address
                    ? names.of(FuncKey.ofRaw(artifact.index().key(target)))
                    : "";
        }

        @Override
        public void close() {
            if (disassembler != null) {
                disassembler.close();
            }
        }
    }

    private static byte[] page(Map<String, Object> data) throws IOException {
        String template;
        try (InputStream in = ExploreCommand.class.getResourceAsStream(PAGE)) {
            template = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        // Within a script's element only "<" could end it.
        String json = new ObjectMapper().writeValueAsString(data).replace("<", "\\u003c");
        int place = template.indexOf(DATA_PLACE);
        String page = template.substring(0, place) + json + template.substring(place + DATA_PLACE.length());
        return page.getBytes(StandardCharsets.UTF_8);
    }
}
