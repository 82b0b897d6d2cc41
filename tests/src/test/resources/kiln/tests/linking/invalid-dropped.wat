;; A function that nothing refers to does not return what it says.
(module
  (func (export "run") (result i32) (i32.const 1))
  (func $dead (result i32) (i64.const 2)))
