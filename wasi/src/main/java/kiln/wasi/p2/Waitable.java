package kiln.wasi.p2;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import kiln.wasi.host.StandardInput;

/** Something that a guest can wait for. */
interface Waitable {
    /** What is always ready. */
    Waitable ALWAYS = new Waitable() {
        @Override
        public boolean ready() {
            return true;
        }
    };

    /** Never waits itself. */
    boolean ready() throws IOException;

    /** Nanoseconds until a clock makes it ready; {@link Long#MAX_VALUE} if none does. */
    default long nanosLeft() {
        return Long.MAX_VALUE;
    }

    /** The standard input that makes it ready, or null. */
    default StandardInput input() {
        return null;
    }

    /** The channel that makes it ready, or null; it does not block. */
    default SelectableChannel channel() {
        return null;
    }

    /** What the channel must be ready for: bits of {@link java.nio.channels.SelectionKey}. */
    default int operations() {
        return 0;
    }
}
