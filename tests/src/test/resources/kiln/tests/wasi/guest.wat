(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (data (i32.const 16) "hello\n")
  ;; A subscription to the monotonic clock: an hour.
  (data (i32.const 144) "\01\00\00\00")
  (data (i32.const 152) "\00\a0\b8\30\46\03\00\00")

  (func (export "_initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
  (func (export "ready") (result i32) (global.get $ready))

  (func $hello (export "hello") (result i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "_start")
    (drop (call $hello))
    (call $exit (i32.const 300))
    unreachable)

  (func (export "outside") (result i32)
    (i32.store (i32.const 0) (i32.const 65530))
    (i32.store (i32.const 4) (i32.const 7))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))

  (func (export "sleep")
    (loop $again
      (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 8)))
      (br $again)))

  (func (export "grow") (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 0) (i32.const 131000))
    (i32.store (i32.const 4) (i32.const 2))
    (i32.store16 (i32.const 131000) (i32.const 0x6b6f))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
