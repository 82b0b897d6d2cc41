(module $tenant
  (import "e" "next" (func $next (param i32) (result i32)))
  (memory 1)
  (func (export "twice") (param i32) (result i32) (i32.mul (i32.const 2) (call $next (local.get 0))))
  (func (export "unreachable") unreachable)
  (func (export "load") (result i32) (i32.load (i32.const 65536)))
  (func (export "forever") (loop (br 0))))
