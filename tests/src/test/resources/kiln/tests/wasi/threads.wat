;; What threads do is chosen by the argument "mode" at 0, which the main function gets from memory.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (import "env" "memory" (memory 1 2 shared))
  (export "memory" (memory 0))
  (data (i32.const 1024) "x\n")
  (func $say
    (i32.store (i32.const 1040) (i32.const 1024))
    (i32.store (i32.const 1044) (i32.const 2))
    (drop (call $write (i32.const 1) (i32.const 1040) (i32.const 1) (i32.const 1048))))
  (func (export "wasi_thread_start") (param $id i32) (param $what i32)
    (block $trap (block $exit (block $spin (block $wait (block $say
      (br_table $say $wait $spin $exit $trap (local.get $what)))
      ;; 0: writes a line, and is counted.
      (call $say)
      (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 16) (i32.const 1)))
      (return))
      ;; 1: waits for ever.
      (drop (memory.atomic.wait32 (i32.const 32) (i32.const 0) (i64.const -1)))
      (return))
      ;; 2: never ends.
      (loop $again (br $again)))
      ;; 3: ends the program.
      (call $exit (i32.const 7)))
    ;; 4: traps.
    (unreachable))
  ;; Starts threads that do what the words from 64 on say, up to -1; waits until word 16 is what word 20 says.
  (func (export "_start")
    (local $at i32) (local $n i32)
    (local.set $at (i32.const 64))
    (block $all
      (loop $again
        (br_if $all (i32.lt_s (i32.load (local.get $at)) (i32.const 0)))
        (if (i32.le_s (call $spawn (i32.load (local.get $at))) (i32.const 0)) (then (unreachable)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $again)))
    (loop $again
      (local.set $n (i32.atomic.load (i32.const 16)))
      (if (i32.ne (local.get $n) (i32.load (i32.const 20)))
        (then
          (drop (memory.atomic.wait32 (i32.const 16) (local.get $n) (i64.const -1)))
          (br $again))))))
