package kiln.codegen;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The loader's own machine code in the form in which it is shipped, see docs/abi.md, "Stubs"; and what stubs of all
 * instruction sets agree on. A back end assembles each of them.
 */
public abstract class StubImage {
    /** Where the handler's data lies, from the first byte of the code. */
    protected static final int DATA = 1 << 16;
    /** Bytes of the ranges of code at the start of the data. */
    protected static final int RANGES_BYTES = 128 * 16;
    /** Where the previous handlers by signal lie, from the start of the data. */
    protected static final int PREVIOUS_HANDLERS = 2048;
    /** HotSpot's guard zone and what an upcall needs, see docs/abi.md. */
    protected static final int STACK_RESERVE = (16 + 256) << 10;

    // struct siginfo and rt_sigaction(2) of 64-bit Linux.
    protected static final int SI_CODE = 8;
    protected static final int SI_ADDR = 16;
    protected static final int KERNEL_SIGACTION_BYTES = 32;
    protected static final int KERNEL_SIGSET_BYTES = 8;

    private static final int NAME_BYTES = 16;

    protected final CodeBuffer buffer = new CodeBuffer();
    /** First byte of the image. */
    protected final Label start = new Label();
    /** In {@link #enter()}: the end of an activation, with a status. */
    protected final Label exit = new Label();
    /** In {@link #fault()}: the way from a trap to there. */
    protected final Label leave = new Label();
    /** In {@link #throwException()}: the way to the handler. */
    protected final Label find = new Label();

    private final int padding;
    private final Map<String, Label> entries = new LinkedHashMap<>();

    /** {@code padding}: the byte between stubs. */
    protected StubImage(int padding) {
        this.padding = padding;
    }

    /** The way from C into compiled code and back. */
    protected abstract void enter();

    /** Called by compiled code for an explicit trap. */
    protected abstract void trap();

    /** Jumped to by compiled code to leave an activation, or to throw what a host function has thrown. */
    protected abstract void unwind();

    /** Called by compiled code that throws an exception. */
    protected abstract void throwException();

    /** Where compiled code goes on after a fault, with the registers that it had then. */
    protected abstract void fault();

    /** The signal handler. Uses little stack and nothing that is not async-signal-safe. */
    protected abstract void handler();

    /** Makes the processor see code that was written as data. */
    protected abstract void flush();

    /** A C function whose arguments are a system call's number and its first five arguments. */
    protected abstract void syscall();

    /**
     * A C function without arguments: which registers the operating system saves for a thread, as the processor's XCR0
     * has it; 0 where there is no such choice.
     */
    protected abstract void savedState();

    private void begin(String name) {
        buffer.align(16, padding);
        Label label = new Label();
        buffer.bind(label);
        entries.put(name, label);
    }

    /** Where a stub that has begun starts. */
    protected final Label entry(String name) {
        return entries.get(name);
    }

    /** Assembles the image; to be called once. */
    public final byte[] build() {
        buffer.bind(start);
        begin("enter");
        enter();
        begin("trap");
        trap();
        begin("unwind");
        unwind();
        begin("throw");
        throwException();
        begin("fault");
        fault();
        begin("handler");
        handler();
        begin("flush");
        flush();
        begin("syscall");
        syscall();
        begin("savedState");
        savedState();
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
