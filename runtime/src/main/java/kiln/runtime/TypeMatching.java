package kiln.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.ExternType;
import kiln.artifact.ModuleInfo;
import kiln.artifact.Printable;

/** Whether something of one type may be imported as another. Types of references are those of one engine. */
final class TypeMatching {
    private final TypeRegistry types;

    TypeMatching(TypeRegistry types) {
        this.types = types;
    }

    /** Sizes are compared as the types say them: of a table that exists its type says what it has now. */
    boolean matches(TableType has, TableType wanted) {
        return has.is64() == wanted.is64()
                && types.isSubtype(has.element(), wanted.element())
                && types.isSubtype(wanted.element(), has.element())
                && Limits.match(has, wanted);
    }

    /** As for tables; whether code may rely on the memory's reservation is another question. */
    static boolean matches(MemoryType has, MemoryType wanted) {
        return has.is64() == wanted.is64()
                && has.shared() == wanted.shared()
                && has.pageShift() == wanted.pageShift()
                && Limits.match(has, wanted);
    }

    boolean matches(GlobalType has, GlobalType wanted) {
        return has.mutable() == wanted.mutable()
                && types.isSubtype(has.type(), wanted.type())
                && (!has.mutable() || types.isSubtype(wanted.type(), has.type()));
    }

    /** Types out of two modules, each with the module that its numbers are of. */
    private boolean matches(CompiledModule of, ExternType has, CompiledModule importer, ExternType wanted) {
        if (has.kind() != wanted.kind()) {
            return false;
        }
        return switch (has) {
            case ExternType.Func f ->
                types.isSubtype(of.typeId(f.type()), importer.typeId(((ExternType.Func) wanted).type()));
            case ExternType.Table t -> matches(of.tableType(t), importer.tableType((ExternType.Table) wanted));
            case ExternType.Memory m -> {
                ExternType.Memory w = (ExternType.Memory) wanted;
                yield matches(of.memoryType(m), importer.memoryType(w)) && (m.guarded() || !w.guarded());
            }
            case ExternType.Global g -> matches(of.globalType(g), importer.globalType((ExternType.Global) wanted));
            case ExternType.Tag t -> of.typeId(t.type()) == importer.typeId(((ExternType.Tag) wanted).type());
        };
    }

    /**
     * Why a module may not stand where a component imports one; empty if it may.
     *
     * @param face imports what the module may import, {@code params} of them, and then what it must export
     */
    List<String> problems(CompiledModule module, CompiledModule face, int params) {
        // Types are read from the file, which must not be unmapped meanwhile.
        module.addUser();
        try {
            List<String> problems = new ArrayList<>();
            imports(module, face, params, problems);
            exports(module, face, params, problems);
            return problems;
        } finally {
            module.removeUser();
        }
    }

    private record Name(String module, String name) {}

    private void imports(CompiledModule module, CompiledModule face, int params, List<String> problems) {
        Map<Name, ExternType> offered = new HashMap<>();
        for (ModuleInfo.Import i : face.info().imports().subList(0, params)) {
            offered.put(new Name(i.module(), i.name()), i.type());
        }
        CompiledModule[] parts = module.parts() == null ? new CompiledModule[] {module} : module.parts();
        for (CompiledModule part : parts) {
            List<ModuleInfo.Import> imports = part.info().imports();
            for (int i = 0; i < imports.size(); i++) {
                ExternType wanted = imports.get(i).type();
                ExternType has = offered.get(
                        new Name(imports.get(i).module(), imports.get(i).name()));
                String label = part.ownImports().get(i).label();
                boolean isLinked = imports.get(i).link() != null;
                if (!isLinked && has == null) {
                    problems.add("it imports " + label + ", which it would not be given");
                } else if (!isLinked && !matches(face, has, part, wanted)) {
                    problems.add("it imports " + label + ", which is " + different(face, has, part, wanted));
                }
            }
        }
    }

    private void exports(CompiledModule module, CompiledModule face, int params, List<String> problems) {
        List<ModuleInfo.Import> all = face.info().imports();
        for (ModuleInfo.Import wanted : all.subList(params, all.size())) {
            CompiledModule.Exported exported = module.exported(wanted.name());
            String label = "\"" + Printable.name(wanted.name()) + "\"";
            if (exported == null) {
                problems.add("it has no export " + label);
                continue;
            }
            CompiledModule part = exported.part();
            ExternType has = part.externType(exported.export());
            if (!matches(part, has, face, wanted.type())) {
                problems.add("its export " + label + " is " + different(part, has, face, wanted.type()));
            }
        }
    }

    private static String different(CompiledModule of, ExternType has, CompiledModule importer, ExternType wanted) {
        return text(of, has) + ", but " + text(importer, wanted) + " is needed";
    }

    private static String text(CompiledModule module, ExternType type) {
        return Printable.name(module.entityType(type).toString());
    }
}
