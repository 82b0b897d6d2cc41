;; Functions for the command line to call.
(module $commands
  (memory (export "memory") 1)
  (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "refer") (param externref) (result externref) (local.get 0))
  (func (export "several") (result i32 i64 f32 funcref) (i32.const 7) (i64.const -8) (f32.const 0.5) (ref.null func))
  (func (export "nothingToSay"))
  (func (export "loop") (loop (br 0))))
