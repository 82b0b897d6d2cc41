(module (import "pong" "f" (func)) (func (export "f")))
