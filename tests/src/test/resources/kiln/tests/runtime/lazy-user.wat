;; Uses another instance's table of lazily initialised slots.
(module
  (import "e" "table" (table 12 20 funcref))
  (table $mine 4 funcref)
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "take") (param i32) (result i32)
    (table.copy $mine 0 (i32.const 0) (local.get 0) (i32.const 1))
    (call_indirect $mine (result i32) (i32.const 0))))
