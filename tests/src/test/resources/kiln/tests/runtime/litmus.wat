;; Each function goes through 4,096 pairs of words x and y, on cache lines of their own, at the same time as others do:
;; at each pair it waits for them, as long as that does not take too long.
(module
  (memory (import "env" "memory") 16 16 shared)
  ;; Counts those who are here, and waits for all: their number is at 1,048,572.
  (func $ready
    (drop (i32.atomic.rmw.add (i32.const 1048568) (i32.const 1)))
    (loop $again
      (br_if $again (i32.ne (i32.atomic.load (i32.const 1048568)) (i32.atomic.load (i32.const 1048572))))))
  (func $meet (param $out i32)
    (local $spins i32)
    (drop (i32.atomic.rmw.add offset=8 (local.get $out) (i32.const 1)))
    (loop $again
      (if (i32.lt_u (i32.atomic.load offset=8 (local.get $out)) (i32.atomic.load (i32.const 1048572)))
        (then
          (br_if $again
            (i32.lt_u (local.tee $spins (i32.add (local.get $spins) (i32.const 1))) (i32.const 2000)))))))
  ;; x = 1 (plain); y = 1
  (func (export "writeData")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.store (local.get $x) (i32.const 1))
      (i32.atomic.store (local.get $y) (i32.const 1))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; reads y, then x (plain)
  (func (export "readData")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (local.set $a (i32.atomic.load (local.get $y)))
      (i32.store offset=0 (local.get $out)
        (i32.add (i32.shl (local.get $a) (i32.const 1)) (i32.load (local.get $x))))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; x = 1
  (func (export "writeX")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.atomic.store (local.get $x) (i32.const 1))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; y = 1
  (func (export "writeY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.atomic.store (local.get $y) (i32.const 1))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; x = 1; y = 1
  (func (export "writeXThenY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.atomic.store (local.get $x) (i32.const 1))
      (i32.atomic.store (local.get $y) (i32.const 1))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; reads x, then y
  (func (export "readXThenY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (local.set $a (i32.atomic.load (local.get $x)))
      (i32.store offset=0 (local.get $out)
        (i32.add (i32.shl (local.get $a) (i32.const 1)) (i32.atomic.load (local.get $y))))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; reads y, then x
  (func (export "readYThenX")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (local.set $a (i32.atomic.load (local.get $y)))
      (i32.store offset=4 (local.get $out)
        (i32.add (i32.shl (local.get $a) (i32.const 1)) (i32.atomic.load (local.get $x))))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; x = 1; reads y
  (func (export "writeXReadY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.atomic.store (local.get $x) (i32.const 1))
      (i32.store (local.get $out) (i32.atomic.load (local.get $y)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; y = 1; reads x
  (func (export "writeYReadX")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.atomic.store (local.get $y) (i32.const 1))
      (i32.store offset=4 (local.get $out) (i32.atomic.load (local.get $x)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; x += 1; reads y
  (func (export "addXReadY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (drop (i32.atomic.rmw.add (local.get $x) (i32.const 1)))
      (i32.store (local.get $out) (i32.atomic.load (local.get $y)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; y = 1 if it is 0; reads x
  (func (export "swapYReadX")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (drop (i32.atomic.rmw.cmpxchg (local.get $y) (i32.const 0) (i32.const 1)))
      (i32.store offset=4 (local.get $out) (i32.atomic.load (local.get $x)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; x = 1, plain; fence; reads y, plain
  (func (export "plainXFenceReadY")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.store (local.get $x) (i32.const 1))
      (atomic.fence)
      (i32.store (local.get $out) (i32.load (local.get $y)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096)))))
  ;; y = 1, plain; fence; reads x, plain
  (func (export "plainYFenceReadX")
    (local $k i32) (local $x i32) (local $y i32) (local $out i32) (local $a i32)
    (call $ready)
    (loop $again
      (local.set $x (i32.shl (local.get $k) (i32.const 7)))
      (local.set $y (i32.add (local.get $x) (i32.const 64)))
      (local.set $out (i32.add (i32.const 524288) (i32.shl (local.get $k) (i32.const 4))))
      (call $meet (local.get $out))
      (i32.store (local.get $y) (i32.const 1))
      (atomic.fence)
      (i32.store offset=4 (local.get $out) (i32.load (local.get $x)))
      (br_if $again
        (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 4096))))))
