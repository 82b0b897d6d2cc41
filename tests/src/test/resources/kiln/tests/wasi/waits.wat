;; Calls of WASI that may wait or take long. Without loops: only the calls themselves can notice that they are to stop.
(module $waits
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 33)
  ;; A buffer of a byte, one of two mebibytes; a subscription to standard input.
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 8) "\00\00\01\00\00\00\20\00")
  (data (i32.const 64) "\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
  (func (export "read") (result i32) (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
  (func (export "random") (result i32) (call $random (i32.const 0x10000) (i32.const 0x200000)))
  (func (export "poll") (result i32)
    (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 32)))
  (func (export "byte") (result i32) (i32.load8_u (i32.const 16))))
