;; Traps at start-up: its data segment lies at 2^63.
(module
  (memory (export "m") i64 1)
  (data (i64.const 0x8000000000000000) "a"))
