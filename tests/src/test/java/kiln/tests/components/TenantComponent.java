package kiln.tests.components;

import java.util.List;
import java.util.Map;

/** A small component for tests elsewhere: its {@code f}, of a string, is the {@code f} that it imports. */
public final class TenantComponent {
    private TenantComponent() {}

    public static byte[] wasm() {
        ComponentBytes c = new ComponentBytes();
        int f = c.funcType(ComponentBytes.STRING, ComponentBytes.STRING);
        int imported = c.importFunc("f", f);
        int memory = c.instantiate(c.module("""
                (module
                  (memory (export "memory") 1)
                  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
                """), -1);
        List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
        int code = c.instantiate(c.module("""
                (module
                  (import "" "f" (func $f (param i32 i32 i32)))
                  (func (export "f") (param i32 i32) (result i32)
                    (call $f (local.get 0) (local.get 1) (i32.const 16))
                    (i32.const 16)))
                """), c.coreExports(Map.of("f", c.lower(imported, options))));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
        return c.bytes();
    }
}
