;; Uses of a memory that come from the file: its pages are an image, and the passive segment is read in place. The test gives it data.
(module $pages
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 33 2000)
  (table $t (export "table") 4 funcref)
  (elem $t (i32.const 0) $copy $fill $sum)
  (type $three (func (param i32 i32 i32)))

  (func $copy (export "copy") (type $three) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $fill (export "fill") (type $three) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (type $three) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "indirect") (param i32 i32 i32)
    (call_indirect (type $three) (local.get 1) (local.get 2) (i32.const 100) (local.get 0)))

  ;; Of all words up to an address.
  (func $sum (export "sum") (param $end i32) (result i64)
    (local $at i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 1)) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $sum))

  ;; Reads the file named "input" in the first folder to an address; the number of bytes, or an error less 1000.
  (func (export "input") (param $to i32) (param $length i32) (result i32)
    (local $error i32)
    (i32.store (i32.const 0) (i32.const 0x75706e69))
    (i32.store8 (i32.const 4) (i32.const 0x74))
    (local.set $error
      (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 0) (i64.const 2) (i64.const 2)
        (i32.const 0) (i32.const 8)))
    (if (local.get $error) (then (return (i32.sub (local.get $error) (i32.const 1000)))))
    (i32.store (i32.const 16) (local.get $to))
    (i32.store (i32.const 20) (local.get $length))
    (local.set $error (call $read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 24)))
    (drop (call $close (i32.load (i32.const 8))))
    (if (result i32) (local.get $error)
      (then (i32.sub (local.get $error) (i32.const 1000)))
      (else (i32.load (i32.const 24)))))

  (data (i32.const 64) "active")
  (data $passive "passive"))
