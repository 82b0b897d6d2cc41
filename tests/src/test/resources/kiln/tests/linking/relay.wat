;; Exports what it imports: a function of lib, one from outside, a global and a memory.
(module
  (import "lib" "double" (func $double (param i32) (result i32)))
  (import "env" "host" (func $host (param i32) (result i32)))
  (import "lib" "count" (global $count (mut i32)))
  (import "lib" "memory" (memory 1))
  (export "twice" (func $double))
  (export "host" (func $host))
  (export "counter" (global $count))
  (export "mem" (memory 0)))
