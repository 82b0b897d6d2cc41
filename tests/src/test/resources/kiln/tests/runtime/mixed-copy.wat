;; Copies between memories of different widths.
(module
  (memory $wide (export "wide") i64 1)
  (memory $narrow (export "narrow") 1)
  (func (export "narrow_to_wide") (param i64 i32 i32)
    (memory.copy $wide $narrow (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wide_to_narrow") (param i32 i64 i32)
    (memory.copy $narrow $wide (local.get 0) (local.get 1) (local.get 2)))
  (func (export "narrow_to_wide8") (param i64 i32)
    (memory.copy $wide $narrow (local.get 0) (local.get 1) (i32.const 8)))
  (func (export "wide_to_narrow8") (param i32 i64)
    (memory.copy $narrow $wide (local.get 0) (local.get 1) (i32.const 8))))
