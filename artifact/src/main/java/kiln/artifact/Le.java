package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian loads from sections, at any alignment. */
final class Le {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Le() {}

    static int u8(MemorySegment s, long at) {
        return s.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int u16(MemorySegment s, long at) {
        return s.get(SHORT, at) & 0xffff;
    }

    static int i32(MemorySegment s, long at) {
        return s.get(INT, at);
    }

    static long u32(MemorySegment s, long at) {
        return s.get(INT, at) & 0xffff_ffffL;
    }

    static long i64(MemorySegment s, long at) {
        return s.get(LONG, at);
    }
}
