;; Tail calls in functions that are copied, and copies in the place of tail calls.
(module
  (func $down (param i32 i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (local.get 1))
      (else (return_call $down (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 1))))))
  (func $start (param i32) (result i32) (return_call $down (local.get 0) (i32.const 0)))
  ;; The tail call becomes a call; what follows must still happen.
  (func (export "call") (param i32) (result i32) (i32.mul (call $start (local.get 0)) (i32.const 3)))

  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 7)))
  (func $branch (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (return_call $leaf (i32.const 10)))))
  (func (export "tail") (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 5)) (then (return_call $leaf (local.get 0))))
    (return_call $branch (local.get 0)))
  (func $ping (export "ping") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (return_call $pong (i32.sub (local.get 0) (i32.const 1))))))
  (func $pong (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 2)) (else (return_call $ping (i32.sub (local.get 0) (i32.const 1)))))))
