package kiln.codegen;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The loader's own machine code in the form in which it is shipped, see docs/abi.md, "Stubs"; and what stubs of all instruction
 * sets agree on.
 */
public final class StubImage {
    /** Where the handler's data lies, from the first byte of the code. */
    public static final int DATA = 1 << 16;
    /** Bytes of the ranges of code at the start of the data. */
    public static final int RANGES_BYTES = 8 * 16;
    /** Where the previous handlers by signal lie, from the start of the data. */
    public static final int PREVIOUS_HANDLERS = 128;
    /** HotSpot's guard zone and what an upcall needs, see docs/abi.md. */
    public static final int STACK_RESERVE = (16 + 256) << 10;

    // struct siginfo and rt_sigaction(2) of 64-bit Linux.
    public static final int SI_CODE = 8;
    public static final int SI_ADDR = 16;
    public static final int KERNEL_SIGACTION_BYTES = 32;
    public static final int KERNEL_SIGSET_BYTES = 8;

    private static final int NAME_BYTES = 16;

    private final CodeBuffer buffer;
    private final Map<String, Label> entries = new LinkedHashMap<>();

    /** An image of what is assembled into {@code buffer}. */
    public StubImage(CodeBuffer buffer) {
        this.buffer = buffer;
    }

    /** From here on comes the stub called {@code name}; in front of it bytes {@code padding}. */
    public void begin(String name, int padding) {
        buffer.align(16, padding);
        Label label = new Label();
        buffer.bind(label);
        entries.put(name, label);
    }

    /** Where a stub that has begun starts. */
    public Label entry(String name) {
        return entries.get(name);
    }

    /** The image, once all stubs are there. */
    public byte[] build() {
        buffer.emitConstants();
        buffer.resolveLabels();
        byte[] code = buffer.toByteArray();
        ByteBuffer image = ByteBuffer.allocate(4 + entries.size() * (NAME_BYTES + 4) + code.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(entries.size());
        entries.forEach((name, label) -> {
            byte[] padded = new byte[NAME_BYTES];
            byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(ascii, 0, padded, 0, ascii.length);
            image.put(padded).putInt(label.offset());
        });
        return image.put(code).array();
    }
}
