package kiln.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.component.CoreModuleType.Core;
import kiln.types.ValType;
import kiln.wasm.ByteReader;
import kiln.wasm.ByteWriter;
import kiln.wasm.Export;
import kiln.wasm.ExternKind;
import kiln.wasm.ExternType;
import kiln.wasm.Features;
import kiln.wasm.Import;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/**
 * Reads what a component says of core modules and their types. A module's type is made a module that imports whatever
 * it mentions, so that the decoder of modules checks it ({@link CoreModuleType#face}).
 */
final class CoreTypeReader {
    private static final byte[] PREAMBLE = {0, 'a', 's', 'm', 1, 0, 0, 0};
    private static final int TYPE_SECTION = 1;
    private static final int IMPORT_SECTION = 2;
    private static final int EXPORT_SECTION = 7;
    /** The first byte of a module's type; of a core type, that it has supertypes and is not final. */
    private static final int MODULE = 0x50;

    private CoreTypeReader() {}

    /** A nested module, which is checked whole. */
    static WasmModule module(ByteReader in, byte[] bytes, String file, Features features) {
        int start = in.position();
        byte[] module = Arrays.copyOfRange(bytes, start, in.limit());
        WasmModule m = decode(module, start, file, features);
        if (typeOf(m) == null) {
            Set<CoreModuleType.Import> seen = new HashSet<>();
            for (Import i : m.imports()) {
                if (!seen.add(new CoreModuleType.Import(i.module(), i.name()))) {
                    throw in.invalid("duplicate import name `" + i.module() + ":" + i.name() + "`", start);
                }
            }
        }
        in.skip(in.remaining());
        return m;
    }

    private static WasmModule decode(byte[] module, int start, String file, Features features) {
        try {
            WasmModule m = ModuleDecoder.decode(module, file, features);
            Validator.validate(m);
            return m;
        } catch (WasmException e) {
            throw new WasmException(e.kind(), e.problem(), e.file(), start + e.offset(), e.function());
        }
    }

    /** What a module looks like from outside. */
    static CoreModuleType typeOf(WasmModule m) {
        return typeOf(m, m.imports());
    }

    /** Null if two imports have the same names. */
    private static CoreModuleType typeOf(WasmModule m, List<Import> importList) {
        Map<CoreModuleType.Import, Core> imports = new LinkedHashMap<>();
        for (Import i : importList) {
            Core type = new Core(m.types(), i.type());
            if (imports.put(new CoreModuleType.Import(i.module(), i.name()), type) != null) {
                return null;
            }
        }
        Map<String, Core> exports = new LinkedHashMap<>();
        for (Export e : m.exports()) {
            exports.put(e.name(), new Core(m.types(), m.externType(e.kind(), e.index())));
        }
        return new CoreModuleType(imports, exports, null);
    }

    /** A core type: a module's, or the bytes of another. */
    static Object type(ByteReader in, byte[] bytes, Scope scope, String file, Features features) {
        if (in.peek() == MODULE) {
            in.u8();
            return moduleType(in, bytes, scope, file, features);
        }
        return recursive(in, bytes);
    }

    private static byte[] recursive(ByteReader in, byte[] bytes) {
        // Components write a zero in front of an open type, since its code also starts a module's type.
        int start = in.peek() == 0x00 ? in.position() + 1 : in.position();
        in.skip(start - in.position());
        skipRecursive(in);
        return Arrays.copyOfRange(bytes, start, in.position());
    }

    private static CoreModuleType moduleType(ByteReader in, byte[] bytes, Scope scope, String file, Features features) {
        int at = in.position();
        List<byte[]> types = new ArrayList<>();
        List<byte[]> imports = new ArrayList<>();
        List<byte[]> importsForExports = new ArrayList<>();
        List<ExportEntry> exports = new ArrayList<>();
        int[] importsOfKind = new int[ExternKind.values().length];
        Set<CoreModuleType.Import> importNames = new HashSet<>();
        Set<String> exportNames = new HashSet<>();
        for (int n = in.count(); n > 0; n--) {
            int place = in.position();
            switch (in.u8()) {
                case 0x00 -> {
                    int start = in.position();
                    String module = in.name();
                    String name = in.name();
                    int kind = in.peek();
                    skipExtern(in);
                    importsOfKind[kind]++;
                    if (!importNames.add(new CoreModuleType.Import(module, name))) {
                        throw in.invalid("duplicate import name `" + module + ":" + name + "`", place);
                    }
                    imports.add(Arrays.copyOfRange(bytes, start, in.position()));
                }
                case 0x01 -> types.add(recursive(in, bytes));
                case 0x02 -> types.add(outerType(in, scope, place));
                case 0x03 -> {
                    int start = in.position();
                    String name = in.name();
                    byte[] spelled = Arrays.copyOfRange(bytes, start, in.position());
                    int kind = in.peek();
                    skipExtern(in);
                    if (!exportNames.add(name)) {
                        throw in.invalid("export name `" + name + "` already defined", place);
                    }
                    exports.add(new ExportEntry(spelled, kind));
                    // That another import has the same names does not matter to the decoder.
                    byte[] entry = Arrays.copyOfRange(bytes, start, in.position());
                    importsForExports.add(new ByteWriter().u8(0).raw(entry).toArray());
                }
                default -> throw in.malformed("unknown declaration in a core module's type", place);
            }
        }
        ByteWriter module = new ByteWriter().raw(PREAMBLE);
        section(module, TYPE_SECTION, types);
        int own = imports.size();
        imports.addAll(importsForExports);
        section(module, IMPORT_SECTION, imports);
        section(module, EXPORT_SECTION, exportEntries(exports, importsOfKind));
        WasmModule m;
        try {
            m = ModuleDecoder.decode(module.toArray(), file, features);
        } catch (WasmException e) {
            throw new WasmException(e.kind(), e.problem() + " in a core module's type", file, at, -1);
        }
        CoreModuleType type = typeOf(m, m.imports().subList(0, own));
        return new CoreModuleType(type.imports(), type.exports(), m);
    }

    /**
     * An export of a module's type.
     *
     * @param name with its length, as it was read
     */
    private record ExportEntry(byte[] name, int kind) {}

    /** Each export is the import that was added for it, behind the others of its kind. */
    private static List<byte[]> exportEntries(List<ExportEntry> exports, int[] importsOfKind) {
        List<byte[]> entries = new ArrayList<>();
        for (ExportEntry e : exports) {
            entries.add(new ByteWriter()
                    .raw(e.name)
                    .u8(e.kind)
                    .u(importsOfKind[e.kind]++)
                    .toArray());
        }
        return entries;
    }

    private static byte[] outerType(ByteReader in, Scope scope, int at) {
        if (in.u8() != 0x10 || in.u8() != 0x01) {
            throw in.malformed("only outer types can be aliased in a core module's type", at);
        }
        int count = in.index();
        int index = in.index();
        if (count == 0) {
            throw in.invalid("an alias in a core module's type must lead out of it", at);
        }
        Object type = Scope.get(scope.outer(count - 1, in, at).coreTypes, index, "core type", in, at);
        if (!(type instanceof byte[] bytes)) {
            throw in.invalid("core type " + index + " is a module's type", at);
        }
        return bytes;
    }

    private static void section(ByteWriter module, int id, List<byte[]> entries) {
        ByteWriter body = new ByteWriter().u(entries.size());
        entries.forEach(body::raw);
        module.section(id, body);
    }

    // What follows only finds ends; what is wrong inside is found when the module is read.

    private static void skipExtern(ByteReader in) {
        int at = in.position();
        switch (in.u8()) {
            case 0x00 -> in.index();
            case 0x01 -> {
                skipValueType(in);
                skipLimits(in);
            }
            case 0x02 -> skipLimits(in);
            case 0x03 -> {
                skipValueType(in);
                in.u8();
            }
            case 0x04 -> {
                in.u8();
                in.index();
            }
            default -> throw in.malformed("unknown kind of core import or export", at);
        }
    }

    private static void skipLimits(ByteReader in) {
        int flags = in.u8();
        in.u64();
        if ((flags & 1) != 0) {
            in.u64();
        }
        if ((flags & 8) != 0) {
            in.u32();
        }
    }

    private static void skipValueType(ByteReader in) {
        int code = in.u8();
        if (code == 0x63 || code == 0x64) {
            in.s33();
        }
    }

    private static void skipRecursive(ByteReader in) {
        if (in.peek() == 0x4e) {
            in.u8();
            for (int n = in.count(); n > 0; n--) {
                skipSubtype(in);
            }
        } else {
            skipSubtype(in);
        }
    }

    private static void skipSubtype(ByteReader in) {
        int at = in.position();
        int code = in.u8();
        if (code == 0x50 || code == 0x4f) {
            for (int n = in.count(); n > 0; n--) {
                in.index();
            }
            code = in.u8();
        }
        switch (code) {
            case 0x60 -> {
                for (int part = 0; part < 2; part++) {
                    for (int n = in.count(); n > 0; n--) {
                        skipValueType(in);
                    }
                }
            }
            case 0x5f -> {
                for (int n = in.count(); n > 0; n--) {
                    skipValueType(in);
                    in.u8();
                }
            }
            case 0x5e -> {
                skipValueType(in);
                in.u8();
            }
            default -> throw in.malformed("unknown core type", at);
        }
    }

    /** A core function of these types. */
    static Core function(int[] params, int[] results) {
        ByteWriter type = new ByteWriter().u8(0x60);
        for (int[] list : new int[][] {params, results}) {
            type.u(list.length);
            for (int t : list) {
                type.u8(code(t));
            }
        }
        ByteWriter module = new ByteWriter().raw(PREAMBLE);
        section(module, TYPE_SECTION, List.of(type.toArray()));
        WasmModule m = ModuleDecoder.decode(module.toArray(), "", Features.WASM1);
        return new Core(m.types(), new ExternType.Func(0));
    }

    private static int code(int type) {
        return switch (type) {
            case ValType.I32 -> 0x7f;
            case ValType.I64 -> 0x7e;
            case ValType.F32 -> 0x7d;
            default -> 0x7c;
        };
    }
}
