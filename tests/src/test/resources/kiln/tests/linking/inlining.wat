;; Functions that are copied to where they are called, in every shape that a copy can have.
(module
  (type $unary (func (param i32) (result i32)))
  (memory 1)
  (global $count (mut i32) (i32.const 0))
  (table 1 funcref)
  (elem (i32.const 0) func $increment)

  ;; One straight piece.
  (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func (export "straight") (param i32) (result i32)
    (i32.add (call $square (local.get 0)) (call $square (i32.add (local.get 0) (i32.const 1)))))

  ;; Several returns.
  (func $clamp (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 0)) (then (return (i32.const 0))))
    (if (i32.gt_s (local.get 0) (i32.const 255)) (then (return (i32.const 255))))
    (local.get 0))
  (func (export "branches") (param i32 i32) (result i32)
    (i32.or (i32.shl (call $clamp (local.get 0)) (i32.const 8)) (call $clamp (local.get 1))))

  ;; Several results.
  (func $swap (param i32 i64) (result i64 i32)
    (if (i32.eqz (local.get 0)) (then (return (i64.const -1) (i32.const -1))))
    (local.get 1) (local.get 0))
  (func (export "results") (param i32 i64) (result i64)
    (call $swap (local.get 0) (local.get 1))
    i64.extend_i32_s
    i64.sub)

  ;; A loop.
  (func $sum (param i32) (result i32) (local $s i32)
    (loop $again
      (local.set $s (i32.add (local.get $s) (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get 0) (i32.const 0))))
    (local.get $s))
  (func (export "loops") (param i32) (result i32) (local $t i32)
    (loop $again
      (local.set $t (i32.add (local.get $t) (call $sum (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get 0) (i32.const 0))))
    (local.get $t))

  ;; Calls, through a table and directly, in what is copied; effects in order.
  (func $increment (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (global.get $count))
  (func $through (param i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (i32.const 0)))
  (func (export "effects") (param i32) (result i32)
    (i32.add
      (i32.mul (call $increment (local.get 0)) (i32.const 1000))
      (i32.add (i32.mul (call $through (i32.const 1)) (i32.const 10)) (call $increment (i32.const 2)))))

  ;; Recursion, of one function and of two.
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $even (export "even") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1))
      (else (call $odd (i32.sub (local.get 0) (i32.const 1))))))
  (func $odd (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func $endless (export "endless") (param i32) (result i32)
    (i32.add (call $endless (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  ;; Traps, three functions deep. The quotient and the load must be seen in the right ones.
  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $both (param i32 i32) (result i32)
    (i32.add (call $divide (local.get 0) (local.get 1)) (call $load (local.get 0))))
  (func (export "traps") (param i32 i32) (result i32)
    (i32.add (call $both (local.get 0) (local.get 1)) (i32.const 1)))
  (func $fail (param i32) (if (i32.eq (local.get 0) (i32.const 3)) (then unreachable)))
  (func (export "fails") (param i32) (result i32)
    (loop $again
      (call $fail (local.get 0))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 0) (i32.const 10))))
    (local.get 0))

  ;; Never returns.
  (func $stop (param i32) (result i32) (global.set $count (local.get 0)) unreachable)
  (func (export "stops") (param i32) (result i32)
    (i32.add (if (result i32) (local.get 0) (then (call $stop (local.get 0))) (else (i32.const 5))) (i32.const 1))))
