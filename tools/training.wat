;; A program that nobody runs: the build compiles it so that the JVM's cache of classes has what compiling programs takes.
;; wat2wasm training.wat makes training.wasm.
(module
  (type $unary (func (param i32) (result i32)))
  (type $many (func (param i32 i64 f32 f64 i32 i64 i32 i64 i32 i64 i32 i64) (result i64)))
  (import "env" "host" (func $host (type $unary)))
  (import "env" "log" (func $log (param i32 f64)))
  (memory (export "memory") 2)
  (table $own 8 8 funcref)
  (table $shown (export "table") 8 16 funcref)
  (global $count (mut i32) (i32.const 7))
  (global $limit (export "limit") i64 (i64.const 1000000007))
  (elem (table $own) (i32.const 0) func $divide $bits $host)
  (elem (table $shown) (i32.const 0) func $divide $loops)
  (start $start)

  (func $start
    (global.set $count (i32.const 9)))

  (func $divide (export "divide") (type $unary)
    (i32.add
      (i32.div_s (i32.const 1000) (local.get 0))
      (i32.add (i32.rem_u (local.get 0) (i32.const 10)) (i32.rem_s (i32.const 77) (local.get 0)))))

  (func $wide (export "wide") (param i64 i64) (result i64)
    (i64.add
      (i64.mul (i64.div_u (local.get 0) (local.get 1)) (i64.const 0x123456789abcdef))
      (i64.rem_s (i64.rotl (local.get 0) (local.get 1)) (i64.div_s (local.get 1) (i64.const 7)))))

  (func $bits (type $unary)
    (i32.xor
      (i32.add (i32.clz (local.get 0)) (i32.ctz (local.get 0)))
      (i32.or
        (i32.shr_u (i32.popcnt (local.get 0)) (i32.rotr (local.get 0) (i32.const 3)))
        (i32.extend8_s (i32.shl (local.get 0) (i32.and (local.get 0) (i32.const 15)))))))

  (func $floats (export "floats") (param f64 f32 i64 i32) (result f64)
    (f64.add
      (f64.mul (f64.convert_i64_u (local.get 2)) (f64.sqrt (f64.abs (local.get 0))))
      (f64.copysign
        (f64.min (f64.promote_f32 (f32.convert_i32_s (local.get 3))) (f64.const 2.5))
        (f64.max
          (f64.floor (f64.convert_i32_u (i32.trunc_f64_u (local.get 0))))
          (f64.nearest (f64.convert_i64_s (i64.trunc_sat_f32_s (f32.div (local.get 1) (f32.const 3)))))))))

  (func $many (type $many)
    (if (result i64) (f64.lt (local.get 3) (f64.promote_f32 (local.get 2)))
      (then (i64.add (local.get 11) (i64.extend_i32_s (local.get 10))))
      (else (i64.sub (local.get 9) (i64.extend_i32_u (local.get 8))))))

  (func $loops (export "loops") (type $unary)
    (local $i i32) (local $sum i64)
    (loop $again
      (block $default
        (block $two
          (block $one
            (br_table $one $two $default (i32.rem_u (local.get $i) (i32.const 5))))
          (i64.store offset=8 (local.get $i) (i64.load32_u (i32.shl (local.get $i) (i32.const 2))))
          (br $default))
        (i32.store8 (local.get $i) (i32.load16_s offset=1024 (local.get $i)))
        (f64.store (i32.const 64) (f64.mul (f64.load (i32.const 72)) (f64.const 1.5))))
      (local.set $sum
        (i64.add
          (local.get $sum)
          (call $many
            (local.get $i) (local.get $sum) (f32.const 1) (f64.const 2) (local.get $i) (i64.const 5)
            (local.get $i) (i64.const 7) (local.get $i) (local.get $sum) (local.get $i) (global.get $limit))))
      (local.set $i
        (i32.add
          (i32.const 1)
          (select
            (local.get $i)
            (call_indirect $own (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 7)))
            (i32.lt_u (local.get $i) (global.get $count)))))
      (br_if $again (i32.lt_s (local.get $i) (local.get 0))))
    (call $log (local.get $i) (f64.convert_i64_s (local.get $sum)))
    (i32.wrap_i64 (local.get $sum)))

  ;; Loops over arrays, which work on vectors, and one that ends when it has found something.
  (func (export "arrays") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $i i32) (local $k i32) (local $sum i32)
    (loop $copy
      (i32.store
        (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 2)))
        (i32.add
          (i32.mul (i32.load (i32.add (local.get $from) (i32.shl (local.get $i) (i32.const 2)))) (i32.const 3))
          (local.get $i)))
      (br_if $copy
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.set $i (i32.const 0))
    (loop $add
      (local.set $sum
        (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (br_if $add
        (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (loop $scale
      (f32.store (i32.add (local.get $to) (local.get $k))
        (f32.mul (f32.load (i32.add (local.get $from) (local.get $k))) (f32.const 0.5)))
      (br_if $scale
        (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 4))) (i32.const 4096))))
    (local.set $i (i32.const 0))
    (block $found
      (loop $find
        (br_if $found (i32.eq (i32.load8_u (i32.add (local.get $to) (local.get $i))) (i32.const 10)))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br_if $find
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count)))))
    (i32.add (local.get $sum) (i32.mul (local.get $i) (local.get $k))))

  (func (export "memory work") (param i32 i32 i32) (result i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2))
    (memory.copy (local.get 1) (local.get 0) (local.get 2))
    (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
    (table.set $shown (local.get 0) (table.get $own (i32.const 1)))
    (i32.add (memory.size) (call_indirect $shown (type $unary) (local.get 0) (local.get 1))))

  ;; Enough for an image of the memory.
  (data (i32.const 1024)
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"
    "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:-_+*/()[]{}<>=!?"))
