package kiln.runtime.component;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import kiln.runtime.Engine;
import kiln.runtime.EntityType;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Types and values by chance: memory is byte for byte what {@link ReferenceAbi} says, and comes back as the value. */
class GeneratedValuesTest {
    private static final int PAGE = 65536;
    private static final int BYTES = 4 * PAGE;
    private static final int START = 64;
    private static final int CASES = 2000;

    private Memory memory;
    private int next;

    private int realloc(int old, int oldBytes, int alignment, int bytes) {
        next = ReferenceAbi.up(next, alignment);
        int address = next;
        next += bytes;
        memory.writeBytes(address, memory.readBytes(old, Math.min(oldBytes, bytes)));
        return address;
    }

    @ParameterizedTest
    @EnumSource(StringEncoding.class)
    void memoryIsWhatTheReferenceSays(StringEncoding encoding) {
        Random random = new Random(encoding.ordinal() + 16);
        try (Engine engine = new Engine();
                Store store = new Store(engine)) {
            memory = Memory.of(store, new MemoryType(4, EntityType.UNBOUNDED, false, false, false, 16));
            GuestMemory guest = new GuestMemory(memory, this::realloc);
            for (int i = 0; i < CASES; i++) {
                InterfaceType t = ReferenceAbi.type(random, 3);
                assertEquals(ReferenceAbi.size(t), t.layout().bytes(), t.kind()::toString);
                assertEquals(ReferenceAbi.alignment(t), t.layout().alignment(), t.kind()::toString);
                Object value = ReferenceAbi.value(random, t);
                compare(guest, encoding, t, value, i);
            }
        }
    }

    /** Among so many other parameters that all are passed in memory, and alone. */
    private void compare(GuestMemory guest, StringEncoding encoding, InterfaceType t, Object value, int number) {
        InterfaceType u32 = new InterfaceType(TypeKind.U32, List.of(), List.of(), -1, 0);
        List<InterfaceType> params = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Object> args = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            params.add(i == 3 ? t : u32);
            names.add("p" + i);
            args.add(i == 3 ? value : (Object) i);
        }
        FunctionType type = new FunctionType(names, params, null);
        CallShape shape = new CallShape(type);
        new Values((_, _) -> null).checkArguments("f", type, args.toArray());

        memory.writeBytes(0, new byte[BYTES]);
        next = START;
        long[] flat = new Lowering(guest, encoding, null).params(shape, args.toArray());
        ReferenceAbi reference = new ReferenceAbi(BYTES, encoding, START);
        InterfaceType tuple = new InterfaceType(TypeKind.TUPLE, List.of(), params, -1, 0);
        int address = reference.allocate(ReferenceAbi.alignment(tuple), ReferenceAbi.size(tuple));
        reference.store(tuple, args, address);
        assertEquals(address, flat[0]);
        byte[] written = memory.readBytes(0, BYTES);
        if (encoding == StringEncoding.UTF8) {
            assertArrayEquals(reference.memory(), written, () -> "case " + number);
        } else {
            // What realloc has left behind differs; what is reached must not.
            memory.writeBytes(0, reference.memory());
        }
        Object[] lifted = new Lifting(guest, encoding, null, false).params(shape, flat);
        assertTrue(
                ReferenceAbi.same(args, Arrays.asList(lifted)),
                () -> "case " + number + ": " + args + " became " + Arrays.asList(lifted));

        FunctionType alone = new FunctionType(List.of("p"), List.of(t), null);
        CallShape aloneShape = new CallShape(alone);
        next = START;
        long[] cells = new Lowering(guest, encoding, null).params(aloneShape, new Object[] {value});
        Object back = new Lifting(guest, encoding, null, false).params(aloneShape, cells)[0];
        assertTrue(ReferenceAbi.same(value, back), () -> "case " + number + " flat: " + value + " became " + back);
    }
}
