;; Accesses beside accesses, in three memories: one that names no maximum, one that may have all pages that 32-bit
;; indices reach, and one that starts with them.
(module
  (memory $open 1)
  (memory $full 1 65536)
  (memory $all 65536)
  (func (export "grow_open") (param $pages i32) (result i32) (memory.grow $open (local.get $pages)))
  (func (export "grow_full") (param $pages i32) (result i32) (memory.grow $full (local.get $pages)))
  (func (export "grow_all") (param $pages i32) (result i32) (memory.grow $all (local.get $pages)))
  (func (export "store_open") (param $at i32) (param $value i32) (i32.store8 $open (local.get $at) (local.get $value)))
  (func (export "store_full") (param $at i32) (param $value i32) (i32.store8 $full (local.get $at) (local.get $value)))
  (func (export "store_all") (param $at i32) (param $value i32) (i32.store8 $all (local.get $at) (local.get $value)))
  ;; What stands at an index, plus 256 times what stands 8 behind it.
  (func (export "pair_open") (param $at i32) (result i32)
    (i32.add
      (i32.load8_u $open (local.get $at))
      (i32.shl (i32.load8_u $open (i32.add (local.get $at) (i32.const 8))) (i32.const 8))))
  (func (export "pair_full") (param $at i32) (result i32)
    (i32.add
      (i32.load8_u $full (local.get $at))
      (i32.shl (i32.load8_u $full (i32.add (local.get $at) (i32.const 8))) (i32.const 8))))
  (func (export "pair_all") (param $at i32) (result i32)
    (i32.add
      (i32.load8_u $all (local.get $at))
      (i32.shl (i32.load8_u $all (i32.add (local.get $at) (i32.const 8))) (i32.const 8))))
  ;; The same, 64 KiB behind it, where the first access has the largest offset that needs no comparison.
  (func (export "far_open") (param $at i32) (result i32)
    (i32.add
      (i32.load8_u $open offset=33488880 (local.get $at))
      (i32.load8_u $open offset=33488880 (i32.add (local.get $at) (i32.const 65536)))))
  (func (export "far_full") (param $at i32) (result i32)
    (i32.add
      (i32.load8_u $full offset=33488880 (local.get $at))
      (i32.load8_u $full offset=33488880 (i32.add (local.get $at) (i32.const 65536))))))
