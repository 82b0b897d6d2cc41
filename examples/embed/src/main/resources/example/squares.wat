;; The text of squares.wasm.
(import "env" "square" (func $square (param i32) (result i32)))
(func (export "sum") (param $n i32) (result i32)
  (local $sum i32)
  (if (i32.lt_s (local.get $n) (i32.const 0)) (then unreachable))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $sum (i32.add (local.get $sum) (call $square (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
  (local.get $sum))
