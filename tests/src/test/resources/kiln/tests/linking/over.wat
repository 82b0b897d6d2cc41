;; Imports through relay.wat.
(module
  (import "relay" "twice" (func $twice (param i32) (result i32)))
  (import "relay" "host" (func $host (param i32) (result i32)))
  (import "relay" "counter" (global $counter (mut i32)))
  (import "relay" "mem" (memory 1))
  (import "lib" "bump" (func $bump (param i32) (result i32)))
  (import "lib" "peek" (func $peek (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (drop (call $bump (i32.const 7)))
    (i32.store (i32.const 200) (global.get $counter))
    (i32.add (i32.add (call $twice (local.get 0)) (call $host (local.get 0)))
      (i32.add (call $peek (i32.const 200)) (global.get $counter)))))
