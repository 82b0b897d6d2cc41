package kiln.tests.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.EntityType;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;

/**
 * Runs a compiled module that may do anything: gives it whatever it imports, calls every exported function with values
 * at the edges, and writes down all that can be seen, so that two compilations of one module can be compared.
 */
final class Subject {
    static final StoreLimits LIMITS = StoreLimits.DEFAULT
            .withMemoryBytes(16 << 20)
            .withTotalMemoryBytes(64 << 20)
            .withTableElements(100_000);
    private static final int MAX_CALLS = 60;
    private static final int MAX_HASHED = 1 << 20;
    private static final long[] INTS = {
        0,
        1,
        -1,
        2,
        3,
        8,
        31,
        100,
        255,
        65535,
        65536,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1L << 32
    };
    private static final float[] FLOATS = {
        0f,
        -0f,
        1f,
        -1.5f,
        3.4e38f,
        Float.MIN_VALUE,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        2147483648f
    };
    private static final double[] DOUBLES = {
        0,
        -0.0,
        1,
        -1.5,
        1.7e308,
        Double.MIN_VALUE,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        9.223372036854775807E18,
        -2147483649.0,
        4294967295.5
    };

    /** How a run ended. */
    enum End {
        FINISHED,
        /** Cannot be linked, or a limit forbids it. */
        NOT_LINKED,
        /** By the deadline or by exhaustion of the stack: what had happened until then depends on the compilation. */
        CUT_SHORT
    }

    /**
     * @param events what could be seen, in order
     * @param calls how many calls were made
     * @param traps how many of them trapped
     */
    record Report(End end, List<String> events, int calls, int traps) {}

    private final SplittableRandom random;
    private final List<String> events = new ArrayList<>();
    private final CRC32 hostCalls = new CRC32();
    private Instance instance;
    private int hostCallCount;
    private int depth;
    private int calls;
    private int traps;

    private Subject(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Runs in a new store for at most {@code time}; equal seeds give equal arguments. Throws only what is a defect. */
    static Report run(Engine engine, byte[] compiled, long seed, Duration time) {
        try (CompiledModule module = CompiledModule.load(engine, compiled);
                Store store = new Store(engine, LIMITS)) {
            Subject s = new Subject(seed);
            store.setDeadline(time);
            return new Report(s.run(store, module), s.events, s.calls, s.traps);
        }
    }

    private End run(Store store, CompiledModule module) {
        try {
            instance = link(store, module);
        } catch (LinkException | IllegalArgumentException e) {
            return End.NOT_LINKED;
        } catch (TrapException e) {
            traps++;
            events.add("instantiation: " + e.code());
            return isCutShort(e.code()) ? End.CUT_SHORT : End.FINISHED;
        } catch (ThrownException e) {
            events.add("instantiation threw: " + show(e));
            return End.FINISHED;
        } catch (HostFailure e) {
            events.add("instantiation: " + e.getMessage());
            return End.FINISHED;
        }
        for (int round = 0; round < 2; round++) {
            for (String name : instance.exportNames()) {
                if (calls < MAX_CALLS && instance.export(name) instanceof Func f && isCallable(f.type())) {
                    TrapCode trap = call(name, f);
                    if (trap != null && isCutShort(trap)) {
                        return End.CUT_SHORT;
                    }
                }
            }
            state();
        }
        return End.FINISHED;
    }

    private static boolean isCutShort(TrapCode code) {
        return code == TrapCode.INTERRUPTED || code == TrapCode.STACK_CHECK;
    }

    private TrapCode call(String name, Func f) {
        long[] args = cells(f.type().params()).stream().mapToLong(this::value).toArray();
        long[] results = new long[f.type().resultCells()];
        calls++;
        String what = name + Arrays.toString(args);
        try {
            f.callRaw(args, results);
            events.add(what + " = " + show(f.type(), results));
        } catch (TrapException e) {
            traps++;
            events.add(what + " trapped: " + e.code());
            return e.code();
        } catch (ThrownException e) {
            events.add(what + " threw: " + show(e));
        } catch (HostFailure e) {
            events.add(what + " threw: " + e.getMessage());
        }
        events.add("host calls " + hostCallCount + " " + hostCalls.getValue());
        return null;
    }

    private long value(ValType type) {
        return switch (type) {
            case ValType.Num n ->
                switch (n) {
                    case I32 -> (int) INTS[random.nextInt(INTS.length)];
                    case I64 -> INTS[random.nextInt(INTS.length)];
                    case F32 -> Float.floatToRawIntBits(FLOATS[random.nextInt(FLOATS.length)]);
                    case F64 -> Double.doubleToRawLongBits(DOUBLES[random.nextInt(DOUBLES.length)]);
                    case V128 -> throw new IllegalArgumentException("takes two cells");
                };
            case ValType.Ref _ -> 0;
        };
    }

    /** The type of each cell: a vector is two of them. */
    private static List<ValType> cells(List<ValType> types) {
        return types.stream()
                .flatMap(t -> t == ValType.V128 ? Stream.of(ValType.I64, ValType.I64) : Stream.of(t))
                .toList();
    }

    private static boolean isCallable(FuncType type) {
        return type.params().stream().allMatch(p -> !(p instanceof ValType.Ref r) || r.nullable());
    }

    /** Cells of results; of references only whether they are null. */
    private static String show(FuncType type, long[] cells) {
        StringBuilder out = new StringBuilder();
        List<ValType> types = cells(type.results());
        for (int i = 0; i < cells.length; i++) {
            boolean reference = types.get(i) instanceof ValType.Ref;
            out.append(' ').append(reference ? cells[i] == 0 ? "null" : "reference" : Long.toHexString(cells[i]));
        }
        return out.toString();
    }

    /** What an exception carries; of references nothing. */
    private static String show(ThrownException e) {
        StringBuilder out = new StringBuilder();
        List<ValType> types = e.tag().type().type().params();
        for (int i = 0; i < types.size(); i++) {
            out.append(' ')
                    .append(
                            types.get(i) instanceof ValType.Ref
                                    ? "reference"
                                    : bits(e.payload().get(i)));
        }
        return out.toString();
    }

    private void state() {
        for (String name : instance.exportNames()) {
            switch (instance.export(name)) {
                case Global g
                when !(g.type().type() instanceof ValType.Ref) -> events.add(name + " is " + bits(g.get()));
                case Memory m -> events.add(name + " has " + m.pages() + " pages, " + hash(m));
                case Table t -> events.add(name + " has " + t.size() + " elements");
                default -> {}
            }
        }
    }

    private static String bits(Object number) {
        return switch (number) {
            case Float f -> Integer.toHexString(Float.floatToRawIntBits(f));
            case Double d -> Long.toHexString(Double.doubleToRawLongBits(d));
            default -> String.valueOf(number);
        };
    }

    private static long hash(Memory memory) {
        CRC32 crc = new CRC32();
        crc.update(memory.readBytes(0, (int) Math.min(memory.size(), MAX_HASHED)));
        return crc.getValue();
    }

    // What it imports

    private static final class HostFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        HostFailure(String message) {
            super(message, null, false, false);
        }
    }

    private Instance link(Store store, CompiledModule module) {
        Linker linker = new Linker(store.engine());
        for (CompiledModule.ImportType i : module.imports()) {
            switch (i.type()) {
                case FuncType t -> linker.func(i.module(), i.name(), t, (_, args, results) -> host(t, args, results));
                case MemoryType t ->
                    linker.define(
                            i.module(),
                            i.name(),
                            Memory.of(
                                    store,
                                    t.max() == EntityType.UNBOUNDED
                                            ? t
                                            : new MemoryType(t.min(), t.max(), t.is64(), t.shared(), t.pageShift())));
                case TableType t -> linker.define(i.module(), i.name(), Table.of(store, t, null));
                case GlobalType t -> linker.define(i.module(), i.name(), Global.of(store, t, initial(t.type())));
                default -> throw new IllegalArgumentException("cannot make " + i.type());
            }
        }
        return linker.instantiate(store, module);
    }

    private static Object initial(ValType type) {
        return switch (type) {
            case ValType.Num n ->
                switch (n) {
                    case I32 -> 666;
                    case I64 -> 666L;
                    case F32 -> 666.6f;
                    case F64 -> 666.6;
                    case V128 -> new kiln.runtime.V128(6, 66);
                };
            case ValType.Ref _ -> null;
        };
    }

    /** Results follow from the arguments; some calls throw, some call back. */
    private void host(FuncType type, long[] args, long[] results) {
        hostCallCount++;
        List<ValType> params = cells(type.params());
        for (int i = 0; i < args.length; i++) {
            boolean reference = params.get(i) instanceof ValType.Ref;
            // References are addresses, which differ from run to run.
            long a = reference && args[i] != 0 ? 1 : args[i];
            hostCalls.update((int) a);
            hostCalls.update((int) (a >>> 8));
            hostCalls.update((int) (a >>> 32));
        }
        long mixed = hostCalls.getValue() * 0x9e37_79b9_7f4a_7c15L;
        if (hostCallCount % 50 == 37) {
            throw new HostFailure("host call " + hostCallCount);
        }
        if (hostCallCount % 16 == 5 && depth < 3 && instance != null) {
            callBack();
        }
        List<ValType> types = cells(type.results());
        for (int i = 0; i < results.length; i++) {
            results[i] = switch (types.get(i)) {
                case ValType.Num n when n == ValType.I32 -> (int) (mixed >>> 60);
                case ValType.Num n when n == ValType.F32 -> Float.floatToRawIntBits((int) (mixed >>> 50));
                case ValType.Num n when n == ValType.F64 -> Double.doubleToRawLongBits(mixed >>> 50);
                case ValType.Num _ -> mixed >>> 58;
                case ValType.Ref r when !r.nullable() -> throw new HostFailure("no " + r);
                case ValType.Ref _ -> 0;
            };
        }
    }

    private void callBack() {
        for (String name : instance.exportNames()) {
            if (instance.export(name) instanceof Func f && f.type().params().isEmpty()) {
                depth++;
                try {
                    f.callRaw(new long[0], new long[f.type().resultCells()]);
                } finally {
                    depth--;
                }
                return;
            }
        }
    }
}
