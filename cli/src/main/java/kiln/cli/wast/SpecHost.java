package kiln.cli.wast;

import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.ValType;

/** The host modules that scripts rely on: {@code spectest}, and {@code wasmtime} with {@code gc}. */
final class SpecHost {
    private SpecHost() {}

    static void define(Store store, Linker linker) {
        print(linker, "print");
        print(linker, "print_i32", ValType.I32);
        print(linker, "print_i64", ValType.I64);
        print(linker, "print_f32", ValType.F32);
        print(linker, "print_f64", ValType.F64);
        print(linker, "print_i32_f32", ValType.I32, ValType.F32);
        print(linker, "print_f64_f64", ValType.F64, ValType.F64);
        global(store, linker, "global_i32", ValType.I32, 666);
        global(store, linker, "global_i64", ValType.I64, 666L);
        global(store, linker, "global_f32", ValType.F32, 666.6f);
        global(store, linker, "global_f64", ValType.F64, 666.6);
        linker.define("spectest", "table", Table.of(store, new TableType(ValType.FUNCREF, 10, 20), null));
        linker.define("spectest", "table64", Table.of(store, new TableType(ValType.FUNCREF, 10, 20, true), null));
        linker.define("spectest", "memory", Memory.of(store, new MemoryType(1, 2)));
        linker.define("spectest", "shared_memory", Memory.of(store, new MemoryType(1, 2, false, true, 16)));
        linker.define("wasmtime", "gc", Func.of(store, FuncType.ofVoid(), (_, _, _) -> store.collectGarbage()));
    }

    private static void print(Linker linker, String name, ValType... params) {
        linker.func("spectest", name, FuncType.ofVoid(params), (_, _, _) -> {});
    }

    private static void global(Store store, Linker linker, String name, ValType type, Object value) {
        linker.define("spectest", name, Global.of(store, new GlobalType(type, false), value));
    }
}
