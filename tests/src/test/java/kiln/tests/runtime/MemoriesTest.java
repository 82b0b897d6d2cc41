package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.loader.HostCpu;
import kiln.runtime.CompiledModule;
import kiln.runtime.EntityType;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memories with 64-bit addresses, and with pages of one byte: where they end, for every form of access. */
class MemoriesTest extends RuntimeFixture {
    private static final long GIB = 1L << 30;
    private static final long INDEX_SPACE = 64 * GIB;
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    /** Whether a store across the end of the accessible pages may write what lies in front of it. */
    private static final boolean MAY_TEAR = HostCpu.current().architecture().equals("aarch64");

    /** Bytes that each access reads or writes. */
    private static final Map<String, Integer> WIDTHS = Map.of("8", 1, "16", 2, "32", 4, "64", 8, "128", 16);

    /** Static offsets by the endings of the exports' names, unsigned. */
    private static final Map<String, Long> OFFSETS = Map.of(
            "",
            0L,
            "_at4",
            4L,
            "_at32M",
            32L << 20,
            "_at4G",
            4 * GIB - 1,
            "_at64G",
            INDEX_SPACE,
            "_below64G",
            INDEX_SPACE - 1,
            "_atMax",
            -1L,
            "_at2_63",
            Long.MIN_VALUE);

    enum Variant {
        OPTIMISED(2, false),
        PLAIN(0, false),
        CHECKED(2, true);

        final CompilerOptions options;

        Variant(int level, boolean explicitBounds) {
            options = CompilerOptions.defaults()
                    .withJobs(1)
                    .withCheck(true)
                    .withOptLevel(level)
                    .withExplicitBounds(explicitBounds);
        }
    }

    private CompiledModule module(String name, Variant variant) {
        return CompiledModule.load(engine, Compiler.compile(name + ".wasm", resource(name), variant.options));
    }

    private Instance instance(String name, Variant variant) {
        return linker.instantiate(store, module(name, variant));
    }

    private static void traps(Func func, long... args) {
        TrapException e = assertThrows(TrapException.class, () -> func.call(args), () -> Arrays.toString(args));
        assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, e.code());
    }

    // ---- every access at every edge

    /** Indices at which something changes for an access of {@code width} bytes at {@code offset}. */
    private static Set<Long> indices(long length, long offset, int width, boolean is64) {
        Set<Long> indices = new TreeSet<>(Long::compareUnsigned);
        for (int around = -1; around <= 1; around++) {
            for (long before : new long[] {0, width, offset, offset + width}) {
                indices.add(length - before + around);
            }
        }
        for (long edge : new long[] {0, 1L << 32, INDEX_SPACE, INDEX_SPACE + (32L << 20), 1L << 63}) {
            for (int around = -1; around <= 0; around++) {
                indices.add(edge + around);
                indices.add(edge - offset + around);
            }
        }
        if (!is64) {
            indices.removeIf(index -> index >>> 32 != 0);
        }
        return indices;
    }

    /** Calls every load and store of the instance around all edges. */
    private static void checkAccesses(Instance instance, boolean is64) {
        Memory memory = instance.memory("m");
        long length = memory.size();
        for (Map.Entry<String, Integer> width : WIDTHS.entrySet()) {
            for (Map.Entry<String, Long> offset : OFFSETS.entrySet()) {
                String name = width.getKey() + offset.getKey();
                if (instance.hasExport("load" + name)) {
                    checkAccess(instance, name, width.getValue(), offset.getValue(), length, is64);
                }
            }
        }
    }

    private static void checkAccess(Instance instance, String name, int width, long offset, long length, boolean is64) {
        Memory memory = instance.memory("m");
        Func load = instance.func("load" + name);
        Func write = instance.func("store" + name);
        byte[] ones = new byte[width];
        Arrays.fill(ones, (byte) -1);
        for (long index : indices(length, offset, width, is64)) {
            BigInteger at = unsigned(index).add(unsigned(offset));
            String what = name + " at " + Long.toHexString(index) + " of " + length;
            if (at.add(BigInteger.valueOf(width)).compareTo(unsigned(length)) <= 0) {
                long address = at.longValueExact();
                byte[] old = memory.readBytes(address, width);
                long[] result = new long[1];
                load.callRaw(new long[] {index}, result);
                assertEquals(number(old, Math.min(width, 8)), result[0], what);
                write.call(index);
                assertArrayEquals(ones, memory.readBytes(address, width), what);
                memory.writeBytes(address, old);
            } else {
                int tail = (int) Math.min(length, 32);
                byte[] old = memory.readBytes(length - tail, tail);
                traps(load, index);
                traps(write, index);
                if (MAY_TEAR && memory.type().pageShift() == 16 && at.compareTo(unsigned(length)) < 0) {
                    memory.writeBytes(length - tail, old);
                }
                assertArrayEquals(old, memory.readBytes(length - tail, tail), what);
            }
        }
    }

    private static BigInteger unsigned(long number) {
        return number < 0 ? BigInteger.valueOf(number).add(TWO_64) : BigInteger.valueOf(number);
    }

    /** The last {@code width} of the bytes, which is what the functions return of a vector. */
    private static long number(byte[] bytes, int width) {
        long result = 0;
        for (int i = bytes.length - 1; i >= bytes.length - width; i--) {
            result = result << 8 | bytes[i] & 0xff;
        }
        return result;
    }

    private static void fillWithPattern(Memory memory) {
        for (long i = 0; i < memory.size(); i++) {
            memory.writeByte(i, (byte) (i * 7 + 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void wideMemoriesEndWhereTheyEnd(Variant variant) {
        Instance instance = instance("memory64", variant);
        assertEquals("page one", instance.memory("m").readString(0x10000, 8));
        fillWithPattern(instance.memory("m"));
        checkAccesses(instance, true);
        assertEquals(2, instance.func("grow").call(1));
        assertEquals(3, instance.func("size").call());
        checkAccesses(instance, true);
    }

    @ParameterizedTest
    @EnumSource
    void memoriesOfBytesEndWhereTheyEnd(Variant variant) {
        for (String name : new String[] {"bytes32", "bytes64"}) {
            Instance instance = instance(name, variant);
            Memory memory = instance.memory("m");
            for (int length : Corpus.SAMPLED ? new int[] {0, 1, 4097} : new int[] {0, 1, 4095, 4097, 65_537}) {
                long old = memory.size();
                assertEquals(old, instance.func("grow").call(length - old));
                assertEquals(length, instance.func("size").call());
                assertEquals(length, memory.pages());
                assertEquals(length, memory.segment().byteSize());
                for (long i = old; i < length; i++) {
                    assertEquals(0, memory.readByte(i), "what is new is zero");
                    memory.writeByte(i, (byte) (i * 7 + 1));
                }
                assertThrows(IndexOutOfBoundsException.class, () -> memory.readByte(length));
                checkAccesses(instance, name.equals("bytes64"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void constantAddresses(Variant variant) {
        Instance instance = instance("memory64", variant);
        instance.memory("m").writeLong(0, 0x1234);
        assertEquals(0x34, instance.func("const_0").call());
        for (String name : List.of("const_4G", "const_64G", "const_max", "const_wraps")) {
            traps(instance.func(name));
        }
    }

    /** Known bits decide the comparison for the first, one serves both accesses of the second. */
    @ParameterizedTest
    @EnumSource
    void comparisonsThatAreLeftOut(Variant variant) {
        Instance instance = instance("memory64", variant);
        Memory memory = instance.memory("m");
        memory.writeLong(131_064, 77);
        assertEquals(77, instance.func("small").call(131_056));
        traps(instance.func("small"), 131_057);
        traps(instance.func("small"), -1);
        memory.writeLong(131_056, 5);
        assertEquals(82, instance.func("twice").call(131_056));
        for (long index : new long[] {131_057, 131_064, INDEX_SPACE - 8, INDEX_SPACE, -8, -16}) {
            traps(instance.func("twice"), index);
        }
    }

    // ---- bulk operations

    @ParameterizedTest
    @EnumSource
    void bulkOperationsKeepWithin(Variant variant) {
        for (String name : new String[] {"memory64", "bytes64"}) {
            Instance instance = instance(name, variant);
            Memory memory = instance.memory("m");
            if (memory.size() == 0) {
                instance.func("grow").call(131_073);
            }
            long length = memory.size();
            long[] far = {length + 1, 1L << 32, INDEX_SPACE, Long.MIN_VALUE, -1};
            for (long at : far) {
                traps(instance.func("fill"), at, 0, 0);
                traps(instance.func("copy"), at, 0, 0);
                traps(instance.func("copy"), 0, at, 0);
                traps(instance.func("init"), at, 0, 0);
                traps(instance.func("fill"), 1, 0, at);
                traps(instance.func("copy"), 1, 0, at);
                for (int k : new int[] {0, 1, 7, 64}) {
                    traps(instance.func("fill" + k), at);
                    traps(instance.func("copy" + k), at, 0);
                    traps(instance.func("copy" + k), 0, at);
                }
            }
            for (int k : new int[] {0, 1, 7, 64}) {
                instance.func("fill" + k).call(length - k);
                instance.func("copy" + k).call(length - k, 3);
                instance.func("copy" + k).call(3, length - k);
                traps(instance.func("fill" + k), length - k + 1);
                traps(instance.func("copy" + k), length - k + 1, 0);
                traps(instance.func("copy" + k), 0, length - k + 1);
            }
            instance.func("init").call(length - 5, 2, 5);
            assertEquals("34567", memory.readString(length - 5, 5));
            traps(instance.func("init"), length - 5, 2, 6);
            instance.func("fill").call(length - 5, 0x61, 5);
            instance.func("copy").call(length - 3, 0, 3);
            assertEquals("aa", memory.readString(length - 5, 2));
            traps(instance.func("copy"), length - 3, 0, 4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void copiesBetweenWidths(Variant variant) {
        Instance instance = instance("mixed-copy", variant);
        instance.memory("narrow").writeString(100, "12345678");
        instance.func("narrow_to_wide").call(65_528, 100, 8);
        instance.func("wide_to_narrow").call(200, 65_528, 8);
        instance.func("narrow_to_wide8").call(50, 200);
        instance.func("wide_to_narrow8").call(300, 50);
        assertEquals("12345678", instance.memory("narrow").readString(300, 8));
        for (long at : new long[] {65_529, (1L << 32) + 8, INDEX_SPACE, Long.MIN_VALUE, -8}) {
            traps(instance.func("narrow_to_wide"), at, 100, 8);
            traps(instance.func("wide_to_narrow"), 100, at, 8);
            traps(instance.func("narrow_to_wide8"), at, 100);
            traps(instance.func("wide_to_narrow8"), 100, at);
        }
        traps(instance.func("narrow_to_wide"), 0, 65_529, 8);
        traps(instance.func("wide_to_narrow"), 0xffff_fff8L, 0, 8);
    }

    // ---- growing and limits

    @Test
    void growingEndsAtTheReservation() {
        Instance instance = instance("memory64", Variant.OPTIMISED);
        Func grow = instance.func("grow");
        for (long delta : new long[] {-1, Long.MIN_VALUE, 1L << 48, (1L << 20) - 1}) {
            assertEquals(-1, grow.call(delta));
        }
        assertEquals(2, grow.call(0));
        assertEquals(2, instance.func("size").call());
    }

    @Test
    void growingOneByteAtATime() {
        Instance instance = instance("bytes32", Variant.OPTIMISED);
        Func grow = instance.func("grow");
        for (int i = 0; i < 5_000; i++) {
            assertEquals(i, grow.call(1));
            instance.func("store8").call(i);
            traps(instance.func("load8"), i + 1);
        }
        // 2^32 bytes would have no number.
        assertEquals(-1, (int) grow.call(-5_000));
        assertEquals(5_000, instance.func("size").call());
    }

    @Test
    void limitsOfStoresCountBytes() {
        StoreLimits limits = StoreLimits.DEFAULT.withMemoryBytes(200_000).withTotalMemoryBytes(250_000);
        try (Store limited = new Store(engine, limits)) {
            Instance bytes = linker.instantiate(limited, module("bytes64", Variant.OPTIMISED));
            assertEquals(-1, bytes.func("grow").call(200_001));
            assertEquals(0, bytes.func("grow").call(100_000));
            Instance wide = linker.instantiate(limited, module("memory64", Variant.OPTIMISED));
            assertEquals(-1, wide.func("grow").call(1), "250,000 bytes together");
            assertEquals(-1, bytes.func("grow").call(18_929));
            assertEquals(100_000, bytes.func("grow").call(18_928));
            for (MemoryType type : List.of(
                    new MemoryType(-1, EntityType.UNBOUNDED, true, false, 0),
                    new MemoryType(1L << 48, EntityType.UNBOUNDED, true, false, 16),
                    new MemoryType(-2, -1, false, false, 0),
                    new MemoryType(1, 2, false, false, 3))) {
                assertThrows(IllegalArgumentException.class, () -> Memory.of(limited, type), type::toString);
            }
        }
    }

    // ---- data

    @Test
    void segmentsAtTheEndOfTheWorldTrap() {
        for (Variant variant : Variant.values()) {
            CompiledModule module = module("memory64-data", variant);
            TrapException e = assertThrows(TrapException.class, () -> linker.instantiate(store, module));
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, e.code());
        }
    }

    @Test
    void dataAcrossTheEndOfAnImage() {
        for (Variant variant : Variant.values()) {
            Memory memory = instance("bytes-data", variant).memory("m");
            assertEquals(66_003, memory.size());
            assertEquals("000000", memory.readString(3, 6));
            assertEquals("099", memory.readString(9000, 3));
            assertEquals(0, memory.readByte(9003));
            assertEquals("across the end", memory.readString(65_530, 14));
            assertEquals(66_003, memory.grow(8_000));
            byte[] zeros = new byte[8_000];
            assertArrayEquals(zeros, memory.readBytes(66_003, 8_000));
        }
    }

    // ---- the last page of 4 GiB

    @ParameterizedTest
    @EnumSource(Variant.class)
    void memoriesWithoutAMaximumEndAPageBefore4GiB(Variant variant) {
        Instance instance = instance("neighbours", variant);
        long end = 4 * GIB - 65_536;
        assertEquals(-1, (int) instance.func("grow_open").call(65_535));
        assertEquals(1, instance.func("grow_open").call(65_534));
        instance.func("store_open").call(0, 3);
        instance.func("store_open").call(end - 9, 4);
        instance.func("store_open").call(end - 1, 5);
        assertEquals(0x504, instance.func("pair_open").call(end - 9));
        traps(instance.func("pair_open"), end - 8);
        traps(instance.func("pair_open"), 4 * GIB - 8);
        traps(instance.func("pair_open"), 4 * GIB - 1);
        long farthest = end - (32L << 20) + 16;
        assertEquals(5, instance.func("far_open").call(farthest - 1));
        for (long at : new long[] {farthest, farthest + 65_536, 4 * GIB - 65_536, 4 * GIB - 1}) {
            traps(instance.func("far_open"), at);
        }
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void memoriesThatAskForAllOf4GiBHaveIt(Variant variant) {
        Instance instance = instance("neighbours", variant);
        assertEquals(1, instance.func("grow_full").call(65_535));
        assertEquals(-1, (int) instance.func("grow_full").call(1));
        assertEquals(65_536, instance.func("grow_all").call(0));
        assertEquals(-1, (int) instance.func("grow_all").call(1));
        for (String memory : List.of("full", "all")) {
            instance.func("store_" + memory).call(0, 3);
            instance.func("store_" + memory).call(4 * GIB - 8, 4);
            // What stands 8 behind the index 2^32 - 8 is the first byte.
            assertEquals(0x304, instance.func("pair_" + memory).call(4 * GIB - 8));
        }
        assertEquals(0, instance.func("far_full").call(4 * GIB - 65_536 - (32L << 20)));
        traps(instance.func("far_full"), 4 * GIB - 65_536);
    }

    // ---- imports, and memories of the host's

    @Test
    void memoriesOfTheHost() {
        Memory wide = Memory.of(store, new MemoryType(1, EntityType.UNBOUNDED, true, false, 16));
        linker.define("env", "m", wide);
        wide.writeByte(65_535, (byte) 9);
        Instance user = instance("takes-memory64", Variant.OPTIMISED);
        assertEquals(9, user.func("load8").call(65_535));
        traps(user.func("load8"), 65_536);
        traps(user.func("load8"), INDEX_SPACE);
        assertEquals(1, user.func("grow").call(65_536), "4 GiB more");
        assertEquals(65_537, wide.pages());
        wide.writeInt(4 * GIB + 65_532, 0x0a0b0c0d);
        assertEquals(0x0a, user.func("load8").call(4 * GIB + 65_535));
        assertEquals(0x0a0b0c0d, wide.segment().get(ValueLayout.JAVA_INT_UNALIGNED, 4 * GIB + 65_532));
        traps(user.func("load8"), 4 * GIB + 65_536);
        assertThrows(IndexOutOfBoundsException.class, () -> wide.readInt(4 * GIB + 65_533));
        assertEquals(9, user.func("load8").call(65_535));
    }

    @Test
    void pageSizesAndWidthsMustBeTheSame() {
        Map<String, MemoryType> types = Map.of(
                "takes-bytes", new MemoryType(1, EntityType.UNBOUNDED, false, false, 0),
                "takes-pages", new MemoryType(1, EntityType.UNBOUNDED),
                "takes-bytes64", new MemoryType(1, EntityType.UNBOUNDED, true, false, 0),
                "takes-memory64", new MemoryType(1, EntityType.UNBOUNDED, true, false, 16));
        for (Map.Entry<String, MemoryType> given : types.entrySet()) {
            Memory memory = Memory.of(store, given.getValue());
            for (String wanted : types.keySet()) {
                Linker one = new Linker(engine);
                one.define("env", "m", memory);
                CompiledModule module = module(wanted, Variant.OPTIMISED);
                if (wanted.equals(given.getKey())) {
                    assertEquals(0, one.instantiate(store, module).func("load8").call(0));
                } else {
                    LinkException e = assertThrows(LinkException.class, () -> one.instantiate(store, module));
                    assertTrue(e.getMessage().contains("incompatible import type"), e.getMessage());
                }
            }
        }
    }

    private static List<Compiler.Input> inputs(String app, String env) {
        return List.of(
                new Compiler.Input("app", app + ".wasm", resource(app)),
                new Compiler.Input("env", env + ".wasm", resource(env)));
    }

    /** Linked into one file, a memory is reached as by its own module. */
    @ParameterizedTest
    @EnumSource
    void linkedModulesShareThem(Variant variant) {
        byte[] wide = Compiler.link(inputs("takes-memory64", "memory64"), variant.options);
        Instance app = linker.instantiate(store, CompiledModule.load(engine, wide));
        assertEquals('p', app.func("load8").call(0x10000));
        assertEquals(2, app.func("grow").call(1));
        assertEquals(0, app.func("load8").call(3 * 65_536 - 1));
        for (long at : new long[] {3 * 65_536, 1L << 32, INDEX_SPACE, -1}) {
            traps(app.func("load8"), at);
        }
        byte[] bytes = Compiler.link(inputs("takes-bytes", "bytes-data"), variant.options);
        app = linker.instantiate(store, CompiledModule.load(engine, bytes));
        assertEquals('0', app.func("load8").call(3));
        traps(app.func("load8"), 66_003);
        assertEquals(66_003, app.func("grow").call(1));
        assertEquals(0, app.func("load8").call(66_003));
        traps(app.func("load8"), 66_004);
    }

    @Test
    void linkingComparesPageSizes() {
        CompileException e = assertThrows(
                CompileException.class,
                () -> Compiler.link(inputs("takes-pages", "bytes-data"), Variant.OPTIMISED.options));
        assertTrue(e.getMessage().contains("pages of one byte"), e.getMessage());
    }
}
