;; Two functions of about the same size, called twice from a loop: one that may do without its call, and one that may not.
(module
  (memory 1)

  ;; Too large for a copy, and called twice.
  (func $slow (param i32) (result i32)
    (loop $again
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
      (i32.store (i32.const 4) (i32.xor (i32.load (i32.const 4)) (local.get 0)))
      (i32.store (i32.const 8) (i32.mul (i32.load (i32.const 8)) (local.get 0)))
      (i32.store (i32.const 12) (i32.rotl (i32.load (i32.const 12)) (local.get 0)))
      (i32.store (i32.const 16) (i32.sub (i32.load (i32.const 16)) (local.get 0)))
      (i32.store (i32.const 20) (i32.or (i32.load (i32.const 20)) (local.get 0)))
      (i32.store (i32.const 24) (i32.and (i32.load (i32.const 24)) (local.get 0)))
      (i32.store (i32.const 28) (i32.shr_u (i32.load (i32.const 28)) (local.get 0)))
      (br_if $again (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))
    (i32.load (i32.const 4)))

  (func $mix (param i32) (result i32)
    (call $slow (i32.xor (i32.rotl (i32.add (local.get 0) (i32.const 3)) (i32.const 7)) (i32.load (local.get 0)))))

  (func $skim (param i32) (result i32)
    (if (i32.lt_u (i32.load (local.get 0)) (i32.const 1000))
      (then (return (i32.xor (i32.rotl (i32.add (local.get 0) (i32.const 3)) (i32.const 7)) (i32.const 5)))))
    (call $slow (local.get 0)))

  (func (export "mixes") (param i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $mix (i32.shl (local.get 0) (i32.const 2)))))
      (local.set $sum (i32.add (local.get $sum) (call $mix (i32.and (local.get $sum) (i32.const 0xff)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))

  (func (export "skims") (param i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $skim (i32.shl (local.get 0) (i32.const 2)))))
      (local.set $sum (i32.add (local.get $sum) (call $skim (i32.and (local.get $sum) (i32.const 0xff)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum)))
