(module $calls_out
  (import "env" "mix" (func $mix (param i32 i64 f32 f64 externref) (result f64)))
  (import "env" "two" (func $two (param i64 i32) (result i32 i64)))
  (import "env" "count" (func $count (param i32)))
  (memory (export "memory") 1)
  (func (export "mix") (param i32 i64 f32 f64 externref) (result f64)
    (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "two") (param i64 i32) (result i32 i64)
    (call $two (local.get 0) (local.get 1)))
  ;; calls count with n, n - 1 ... 1 and returns n
  (func (export "repeat") (param i32) (result i32) (local $i i32)
    (local.set $i (local.get 0))
    (loop $next
      (call $count (local.get $i))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.get 0)))
