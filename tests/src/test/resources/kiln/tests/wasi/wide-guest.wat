;; Writes from a 64-bit memory, whose addresses below 4 GiB are those of WASI.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") i64 1)
  (func (export "write") (param $at i32) (param $length i32) (result i32)
    (i64.const 16) (i64.const 0x0a6f6c6c6568) (i64.store)
    (i32.store (i64.const 0) (local.get $at))
    (i32.store (i64.const 4) (local.get $length))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
