package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import kiln.artifact.api.TrapCode;
import kiln.types.ArrayType;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.StructType;
import kiln.types.SubType;
import kiln.types.ValType;

/** A small file that has something of everything. */
final class SampleFile {
    private SampleFile() {}

    static ModuleInfo module(DataSection data, boolean image) {
        ModuleInfo.Builder m = new ModuleInfo.Builder("sample");
        FieldType field = new FieldType(ValType.I16, true);
        int self = ValType.ref(false, 2);
        FuncType f64OfI32 = new FuncType(new int[] {ValType.I32}, new int[] {ValType.F64});
        m.types.intern(new SubType(true, -1, f64OfI32));
        m.types.intern(new SubType(true, -1, FuncType.EMPTY));
        m.types.intern(
                new SubType(false, -1, new StructType(List.of(field, new FieldType(self, false)))),
                new SubType(true, -1, new ArrayType(field)));
        m.types.addGroup(m.types.copyOfGroup(0, m.types.count()));
        m.imports.add(new ModuleInfo.Import("env", "f", new ExternType.Func(1)));
        m.imports.add(new ModuleInfo.Import("env", "t", new ExternType.Table(ValType.FUNCREF, 1, 10, false)));
        m.imports.add(new ModuleInfo.Import("env", "g", new ExternType.Global(ValType.I64, false)));
        m.imports.add(new ModuleInfo.Import("env", "e", new ExternType.Tag(1)));
        m.imports.add(new ModuleInfo.Import("env", "m", new ExternType.Memory(1, 2, false, true, 16, true)));
        m.definedFunctions = 6;
        m.tables.add(new ExternType.Table(self, 3, ExternType.UNBOUNDED, true));
        m.memories.add(new ExternType.Memory(4, ExternType.UNBOUNDED, false, false, 16, true));
        m.memories.add(new ExternType.Memory(100, 200, true, false, 0, false));
        m.globals.add(new ExternType.Global(ValType.EXTERNREF, true));
        m.tags.add(new ExternType.Tag(0));
        m.exports.add(new ModuleInfo.Export("run", ExternType.Kind.FUNC, 3));
        m.exports.add(new ModuleInfo.Export("größe", ExternType.Kind.MEMORY, 2));
        m.funcRefs = new FuncRefs(new int[] {0, 3, 5}, new int[] {1, 0, 1});
        m.elements.add(new ModuleInfo.ElementSegment(ValType.FUNCREF, true, ElementItems.ofSlots(2, -1, 0)));
        m.elements.add(new ModuleInfo.ElementSegment(self, false, new ElementItems(new long[] {
            ElementItems.item(ElementItems.Kind.GLOBAL, 1), ElementItems.item(ElementItems.Kind.I31, -7)
        })));
        byte[] bytes = "some bytes of data".getBytes(StandardCharsets.UTF_8);
        m.data.add(new ModuleInfo.DataSegment(true, data.addSegment(MemorySegment.ofArray(bytes)), bytes.length));
        m.data.add(new ModuleInfo.DataSegment(false, 0, 0));
        if (image) {
            long at = data.addImage(MemorySegment.ofArray(new byte[] {1, 2, 3}));
            m.images.add(new ModuleInfo.MemoryImage(0, 65536, at, data.pageBytes()));
        }
        m.tables.add(new ExternType.Table(ValType.FUNCREF, 4, 4, false));
        m.tableImages.add(new TableImage(0, TableImage.Form.LAZY, 1, new int[] {3, 0}));
        m.tableImages.add(
                new TableImage(1, TableImage.Form.SEALED, 1, new int[] {2, 0, 3, 1, -1, TableImage.NULL_TYPE}));
        m.tables.add(new ExternType.Table(ValType.FUNCREF, 3, 3, false));
        int other = TableImage.OTHER_TYPE;
        m.tableImages.add(new TableImage(2, TableImage.Form.COLUMNS, 0, new int[] {-1, 2, other, -1, other, 3}));
        m.startup = true;
        m.features.add("multi-memory");
        return m.build();
    }

    static ArtifactWriter writer(boolean image) {
        ArtifactWriter w = new ArtifactWriter(
                Compat.of("x86_64", List.of("lzcnt", "bmi2"), "kiln test", Map.of("opt", "2", "names", "on")));
        byte[] text = new byte[1000];
        Arrays.fill(text, (byte) 0x90);
        w.text(MemorySegment.ofArray(text));
        w.module(module(w.data(), image));
        w.function(FuncKey.wasmFunction(0, 0), 0, 100);
        w.function(FuncKey.wasmFunction(0, 2), 112, 50);
        w.function(FuncKey.wasmFunction(0, 3), 176, 70);
        w.function(FuncKey.arrayToWasm(0, 0), 600, 8);
        w.function(FuncKey.builtin(0, Builtin.MEMORY_GROW), 608, 20);
        w.function(FuncKey.startup(0), 640, 300);
        for (int i = 0; i < 50; i++) {
            w.trap(i * 5, TrapCode.values()[i % 5]);
            w.stackMap(i * 5, new int[] {i % 3, 3 + i % 7, 40 + i});
            w.position(i * 4, 1000 + i * 3);
        }
        w.position(640, -1);
        w.name(0, 1, "main");
        w.name(0, 0, "env.f");
        w.name(0, 3, "naïve name");
        return w;
    }
}
