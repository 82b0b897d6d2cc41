(module $relaxed
  ;; Results that machines may choose, and one that they may not.
  (func (export "echo") (param v128 i32) (result i32 v128) (local.get 1) (local.get 0))
  (func (export "madd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "nmadd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "swizzle") (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "sum") (param v128 v128) (result v128)
    (f32x4.add (local.get 0) (local.get 1))))
