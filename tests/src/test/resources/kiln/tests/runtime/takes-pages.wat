;; Reads from a memory of another's, for MemoriesTest.
(module
  (import "env" "m" (memory 1 (pagesize 65536)))
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
