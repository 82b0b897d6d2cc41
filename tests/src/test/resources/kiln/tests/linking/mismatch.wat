(module (import "lib" "double" (func (param i64) (result i32))))
