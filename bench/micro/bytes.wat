;; The loops of the corpus's micro/m32 over a memory whose pages are one byte: sum(n), chase(n).
(module
  (memory (export "m") 262144 (pagesize 1))
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $o (local.set $i (i32.const 0))
      (loop $l
        (local.set $s (i32.add (i32.rotl (local.get $s) (i32.const 1)) (i32.load (local.get $i))))
        (i32.store offset=65536 (local.get $i) (local.get $s))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
      (br_if $o (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  ;; dependent loads: a permutation walk
  (func (export "chase") (param $n i32) (result i32) (local $i i32) (local $k i32)
    (loop $f
      (i32.store (local.get $i) (i32.and (i32.mul (i32.add (local.get $i) (i32.const 8)) (i32.const 5)) (i32.const 0xfff8)))
      (br_if $f (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65536))))
    (local.set $i (i32.const 0))
    (loop $o
      (local.set $i (i32.load (local.get $i)))
      (br_if $o (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $i))
)
