package kiln.runtime;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.ModuleInfo;
import kiln.artifact.component.ComponentPlan;
import kiln.loader.Native;
import kiln.runtime.internal.AreaFunction;
import kiln.runtime.internal.ComponentAccess;
import kiln.runtime.internal.ComponentBuiltins;

/** Opens to components what this package keeps from embedders. */
final class ComponentFriend extends ComponentAccess {
    /** What marks a sequence of calls in the argument area. */
    static final int SEQUENCE_BYTES = 16;

    @Override
    public CompiledModule load(Engine engine, Path file, boolean trusted) {
        return CompiledModule.load(engine, file, trusted, true);
    }

    @Override
    public CompiledModule load(Engine engine, byte[] bytes) {
        return CompiledModule.load(engine, bytes, true);
    }

    @Override
    public ComponentPlan plan(CompiledModule component) {
        return component.plan();
    }

    @Override
    public List<OpenImport> openImports(CompiledModule component) {
        List<OpenImport> open = new ArrayList<>();
        CompiledModule[] parts = component.parts();
        for (int m = 0; m < parts.length; m++) {
            List<ModuleInfo.Import> imports = parts[m].info().imports();
            for (int i = 0; i < imports.size(); i++) {
                if (imports.get(i).link() == null) {
                    open.add(new OpenImport(m, i));
                }
            }
        }
        return open;
    }

    @Override
    public void instantiate(Store store, CompiledModule component, List<Extern> given, Maker maker) {
        Instantiation.runComponent(store, component, given, maker);
    }

    @Override
    public void instantiateImported(
            Store store,
            CompiledModule module,
            CompiledModule component,
            int number,
            List<Extern> imports,
            int params) {
        List<CompiledModule.ImportType> names = component.parts()[number].ownImports();
        Map<String, Map<String, Extern>> given = new HashMap<>();
        for (int i = 0; i < params; i++) {
            given.computeIfAbsent(names.get(i).module(), _ -> new HashMap<>())
                    .put(names.get(i).name(), imports.get(i));
        }
        List<Extern> wanted = new ArrayList<>();
        for (CompiledModule.ImportType i : module.imports()) {
            wanted.add(given.get(i.module()).get(i.name()));
        }
        Instance instance = Instance.create(store, module, wanted);
        for (int i = params; i < imports.size(); i++) {
            imports.set(i, instance.export(names.get(i).name()));
        }
    }

    @Override
    public CompiledModule exportedModule(CompiledModule component, int number) {
        return component.other(number);
    }

    @Override
    public CompiledModule exportedComponent(CompiledModule component, int number) {
        return component.nested(number);
    }

    @Override
    public List<String> problems(CompiledModule module, CompiledModule component, int face, int params) {
        return new TypeMatching(component.engine().types()).problems(module, component.other(face), params);
    }

    @Override
    public void setBuiltins(Instance component, ComponentBuiltins builtins) {
        component.setComponentBuiltins(builtins);
    }

    @Override
    public long context(Instance instance) {
        return instance.vmctx();
    }

    @Override
    public long allocate(Store store, long bytes) {
        return store.allocate(bytes);
    }

    @Override
    public void begin(Store store) {
        store.beginSequence(SEQUENCE_BYTES);
    }

    @Override
    public void end(Store store) {
        store.endSequence(SEQUENCE_BYTES);
    }

    @Override
    public long begin(Store store, int bytes) {
        return store.beginSequence(bytes);
    }

    @Override
    public void end(Store store, int bytes) {
        store.endSequence(bytes);
    }

    @Override
    public void enter(Func f, long area) {
        f.enter(area);
    }

    @Override
    public int call(Func f, int a, int b, int c, int d) {
        long area = f.begin();
        Native.putInt(area, a);
        Native.putInt(area + 16, b);
        Native.putInt(area + 32, c);
        Native.putInt(area + 48, d);
        f.enter(area);
        int result = Native.getInt(area);
        f.leave();
        return result;
    }

    @Override
    public Func host(Store store, FuncType type, AreaFunction function) {
        store.check();
        return Func.ofHost(store, type, new HostAdapter(type) {
            @Override
            void invoke(Caller caller, long area) throws Throwable {
                function.call(area);
            }
        });
    }

    @Override
    public long base(Memory memory) {
        return memory.base();
    }

    @Override
    public long length(Memory memory) {
        return memory.length();
    }

    @Override
    public boolean isClosed(Store store) {
        return store.isClosed();
    }

    @Override
    public LinkException linkException(String component, List<String> problems) {
        return new LinkException(component, problems);
    }
}
