;; Reads from a memory of another's, for MemoriesTest.
(module
  (import "env" "m" (memory i64 1))
  (func (export "load8") (param i64) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))
