package kiln.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kiln.compiler.Target;

/** Makes executables of WebAssembly programs by wasm2c and gcc at {@code -O2}. */
final class Wasm2c {
    private Wasm2c() {}

    /** A program that can be run; {@code textBytes} is the code of the module alone. */
    record Executable(Path file, long textBytes) {}

    /**
     * Compiles a program; what it needs besides the module is in {@code bench/native/host.c}.
     *
     * @param work a folder for what is made
     * @return null where that is not possible
     */
    static Executable compile(Path program, Target target, Path work) throws IOException, InterruptedException {
        String wasm2c = Tools.find("wasm2c", null);
        String compiler = Tools.find("gcc", target);
        if (wasm2c == null || compiler == null) {
            return null;
        }
        Path source = work.resolve("program.c");
        Path object = work.resolve(target.label() + ".o");
        Path executable = work.resolve(target.label() + ".exe");
        Path runtime = Path.of(Tools.find("wasm2c.runtime", null));
        String input = program.toAbsolutePath().toString();
        if (Tools.run(work, null, List.of(wasm2c, "-n", "program", input, "-o", source.toString())) != 0) {
            System.err.println("    wasm2c cannot translate " + program);
            return null;
        }
        List<String> flags = List.of(compiler, "-O2", "-w", "-I" + work, "-I" + runtime);
        Matcher m = Pattern.compile("Z_program_instantiate\\(([^)]*)\\)")
                .matcher(Files.readString(work.resolve("program.h")));
        if (!m.find()) {
            return null;
        }
        String arguments = m.group(1)
                .replaceAll("Z_program_instance_t\\*", "&program")
                .replaceAll("struct Z_bench_instance_t\\*", "&bench")
                .replaceAll("struct Z_wasi_snapshot_preview1_instance_t\\*", "&wasi");
        List<String> line = new ArrayList<>(flags);
        line.addAll(List.of("-c", source.toString(), "-o", object.toString()));
        List<String> link = new ArrayList<>(flags);
        Path root = Path.of(System.getProperty("kiln.root", "."));
        link.addAll(List.of(
                "-static",
                "-DINSTANTIATE=Z_program_instantiate(" + arguments + ")",
                root.resolve("bench/native/host.c").toString(),
                runtime.resolve("wasm-rt-impl.c").toString(),
                object.toString(),
                "-lm",
                "-o",
                executable.toString()));
        if (Tools.run(work, null, line) != 0 || Tools.run(work, null, link) != 0) {
            System.err.println("    " + compiler + " cannot compile or link " + program);
            return null;
        }
        return new Executable(executable, executableBytes(object));
    }

    /** Bytes of the sections of an ELF file that hold code (System V ABI, "Sections"). */
    private static long executableBytes(Path object) throws IOException {
        MemorySegment elf = MemorySegment.ofArray(Files.readAllBytes(object));
        ValueLayout.OfLong u64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        ValueLayout.OfShort u16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        long headers = elf.get(u64, 0x28);
        int size = elf.get(u16, 0x3a);
        int count = Short.toUnsignedInt(elf.get(u16, 0x3c));
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long header = headers + (long) i * size;
            boolean isCode = (elf.get(u64, header + 8) & 4) != 0;
            sum += isCode ? elf.get(u64, header + 0x20) : 0;
        }
        return sum;
    }
}
