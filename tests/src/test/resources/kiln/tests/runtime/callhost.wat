;; Calls whatever the host puts into its table: no import has this type.
(module $callhost
  (type $t (func (param i32 i64) (result i64)))
  (table (export "table") 2 funcref)
  (func (export "call") (param i32 i32 i64) (result i64)
    (call_indirect (type $t) (local.get 1) (local.get 2) (local.get 0))))
