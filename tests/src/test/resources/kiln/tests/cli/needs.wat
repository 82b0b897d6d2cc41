;; Needs what nobody has.
(module
  (import "env" "missing" (func (param i32)))
  (import "env" "table" (table 1 funcref))
  (func (export "_start")))
