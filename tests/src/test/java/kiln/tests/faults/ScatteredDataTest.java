package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import kiln.compiler.CompilerOptions;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.Test;

/** Data that lies far apart in a memory costs what its bytes cost, and not what the pages cost on which they lie. */
class ScatteredDataTest {
    private static final int PAGE = 1 << 16;

    /** One segment of {@code bytes} bytes on every page, {@code pages} in all. */
    private static byte[] wasm(int pages, int bytes) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        WasmFile.unsigned(data, pages);
        for (int i = 0; i < pages; i++) {
            data.write(0);
            data.write(0x41);
            // Not at the start of the page, so that the segment is not aligned by chance.
            WasmFile.signed(data, (int) ((long) i * PAGE + 100));
            data.write(0x0b);
            WasmFile.unsigned(data, bytes);
            for (int k = 0; k < bytes; k++) {
                data.write('x');
            }
        }
        ByteArrayOutputStream memory = new ByteArrayOutputStream();
        memory.writeBytes(new byte[] {1, 0});
        WasmFile.unsigned(memory, pages);
        WasmFile file = new WasmFile();
        file.set(5, memory.toByteArray());
        file.set(11, data.toByteArray());
        return file.toBytes();
    }

    /** What everything in the process allocates meanwhile, in bytes. */
    private static long allocated(byte[] wasm) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getTotalThreadAllocatedBytes();
        CrossCompiler.compile("data.wasm", wasm, CompilerOptions.defaults().withJobs(1));
        return threads.getTotalThreadAllocatedBytes() - before;
    }

    @Test
    void bytesOnSeparatePages() {
        allocated(wasm(100, 1));
        long last = 0;
        for (int n = 1000; n <= 4000; n *= 2) {
            byte[] wasm = wasm(n, 1);
            int size = CrossCompiler.compile(
                            "data.wasm", wasm, CompilerOptions.defaults().withJobs(1))
                    .length;
            long bytes = allocated(wasm);
            System.out.println(n + " segments: " + wasm.length + " bytes, compiled " + size + ", allocated " + bytes);
            // A page each would be 64 KiB, several times over.
            assertTrue(bytes < n * 32L << 10, n + " segments: " + bytes + " bytes allocated");
            assertTrue(size < 64 * n + (128 << 10), n + " segments: a file of " + size + " bytes");
            assertTrue(last == 0 || bytes < 2.6 * last, n + " segments: " + bytes + " bytes, of half as many " + last);
            last = bytes;
        }
    }

    /** As much as just makes an image of each page: eight times the data. */
    @Test
    void pagesThatAreJustWorthAnImage() {
        for (int n = 20; n <= 80; n *= 2) {
            byte[] wasm = wasm(n, 8192);
            int size = CrossCompiler.compile(
                            "data.wasm", wasm, CompilerOptions.defaults().withJobs(1))
                    .length;
            long bytes = allocated(wasm);
            System.out.println(n + " segments: " + wasm.length + " bytes, compiled " + size + ", allocated " + bytes);
            assertTrue(size < 9 * wasm.length + (256 << 10), "a file of " + size + " bytes");
            assertTrue(bytes < 60L * wasm.length + (32 << 20), bytes + " bytes allocated");
        }
    }
}
