(module $pass
  (import "env" "pass" (func $pass (param funcref) (result funcref)))
  (func (export "same") (param funcref) (result funcref) (local.get 0))
  (func (export "out") (param i32 funcref) (result i32)
    (loop $l
      (local.set 1 (call $pass (local.get 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (ref.is_null (local.get 1))))
