package kiln.endive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import kiln.artifact.api.ArtifactException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.WasmException;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.ValType;

/** The door where Kiln can run. Made by {@link KilnEndive}, by name. */
final class NativeDoor implements Door {
    /** Modules whose code is kept for the next builder. */
    private static final int KEPT = 64;

    /** The machine that was just made, for the tables that Endive makes next in the same thread. */
    private static final ThreadLocal<KilnMachine> NEWEST = new ThreadLocal<>();

    private final Engine engine;
    /** The last one used comes last. */
    private final Map<String, CodeUnit> units = new LinkedHashMap<>(16, 0.75f, true);

    NativeDoor() {
        Engine.Builder b = Engine.builder();
        String cache = System.getProperty("kiln.endive.cache");
        engine = (cache == null ? b : b.cache(Path.of(cache))).build();
        // Whatever may fail because of the system fails here, where nothing depends on it.
        new Store(engine).close();
    }

    @Override
    public String use(Object group, Instance.Builder builder, byte[] code) {
        return use(group, builder, code, "module");
    }

    @Override
    public String use(Object group, Instance.Builder builder, Path file) throws IOException {
        return use(group, builder, Files.readAllBytes(file), file.getFileName().toString());
    }

    @Override
    public String use(Object group, Instance.Builder builder, Class<?> owner, String name) {
        boolean isArm = System.getProperty("os.arch").equals("aarch64");
        String resource = "/META-INF/kiln/" + name + "/endive/" + (isArm ? "aarch64" : "x86_64") + "-linux.cwasm";
        try (InputStream in = owner.getResourceAsStream(resource)) {
            return in == null
                    ? "there is no " + resource + " beside " + owner.getName()
                    : use(group, builder, in.readAllBytes(), name);
        } catch (IOException e) {
            return resource + ": " + e.getMessage();
        }
    }

    private String use(Object group, Instance.Builder builder, byte[] code, String name) {
        CodeUnit unit;
        try {
            unit = unit(code, name);
        } catch (WasmException | ArtifactException e) {
            return e.getMessage();
        }
        builder.withMemoryFactory(limits -> new KilnMemory(this, null, limits));
        builder.withMachineFactory(instance -> {
            KilnMachine m = new KilnMachine(this, unit, (StoreGroup) group, instance);
            if (m.tablesToCome() > 0) {
                NEWEST.set(m);
            }
            return m;
        });
        builder.withTableFactory((table, initial) -> {
            KilnMachine m = NEWEST.get();
            if (m == null) {
                throw new WasmEngineException("the machine is not Kiln's: remove the line with withMachineFactory(...)"
                        + " behind KilnEndive.use(...)");
            }
            TableInstance t = m.table(table, initial);
            if (m.tablesToCome() == 0) {
                NEWEST.remove();
            }
            return t;
        });
        builder.withGlobalFactory(this::newGlobal);
        return null;
    }

    @SuppressWarnings("deprecation") // the constructor that every version has
    private GlobalInstance newGlobal(long low, long high, ValType type, MutabilityType mutability) {
        return mutability == MutabilityType.Var
                ? new KilnGlobal(null, low, high, type, mutability)
                : new GlobalInstance(low, high, type, mutability);
    }

    private CodeUnit unit(byte[] code, String name) {
        String digest = digest(code);
        synchronized (units) {
            CodeUnit known = units.get(digest);
            if (known != null) {
                return known;
            }
        }
        byte[] loaded = code;
        if (DoorModule.isWasm(code)) {
            try {
                loaded = DoorModule.rewrite(code);
            } catch (IllegalArgumentException e) {
                throw new WasmException(e.getMessage(), e);
            }
        }
        CodeUnit unit = new CodeUnit(CompiledModule.load(engine, loaded).named(name));
        synchronized (units) {
            units.put(digest, unit);
            if (units.size() > KEPT) {
                units.remove(units.keySet().iterator().next());
            }
        }
        return unit;
    }

    private static String digest(byte[] code) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(code));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    StoreGroup newGroup(StoreLimits limits) {
        return new StoreGroup(engine, limits);
    }

    @Override
    public Object newGroup() {
        return newGroup(StoreLimits.DEFAULT);
    }

    @Override
    public void close(Object group) {
        if (group != null) {
            ((StoreGroup) group).close();
        }
    }

    @Override
    public Memory memory(Object group, MemoryLimits limits) {
        return new KilnMemory(this, (StoreGroup) group, limits);
    }

    @Override
    public TableInstance table(Object group, Table table, int initialValue) {
        return new KilnTable(this, (StoreGroup) group, table, initialValue);
    }

    @Override
    public GlobalInstance global(Object group, long low, long high, ValType type, MutabilityType mutability) {
        return new KilnGlobal((StoreGroup) group, low, high, type, mutability);
    }

    @Override
    public boolean isNative(Instance instance) {
        return instance.getMachine() instanceof KilnMachine;
    }
}
