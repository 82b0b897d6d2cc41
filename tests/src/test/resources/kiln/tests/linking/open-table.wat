;; A module that imports the table may call everything in it.
(module
  (table (export "table") 2 funcref)
  (elem (i32.const 0) func $a $b)
  (func $a (result i32) (i32.const 1))
  (func $b (param i64))
  (func $dead))
