(module (import "ping" "f" (func)) (func (export "f")))
