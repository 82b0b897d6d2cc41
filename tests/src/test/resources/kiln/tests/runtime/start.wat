;; Writes to the imported table and memory, then traps in its start function.
(module $start
  (import "e" "table" (table 4 8 funcref))
  (import "e" "memory" (memory 1))
  (type $ii (func (param i32) (result i32)))
  (elem (i32.const 3) $f)
  (data (i32.const 200) "kept")
  (func $f (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
  (func $start unreachable)
  (start $start))
