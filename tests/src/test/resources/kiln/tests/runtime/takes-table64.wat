;; Looks at a table of another's, for WideTablesTest.
(module
  (import "env" "t" (table i64 1 2 funcref))
  (func (export "size") (result i64) (table.size 0)))
