(module
  (memory (export "memory") 1 4 shared)
  (data (i32.const 8) "kiln")
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "plain") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "far") (param i32) (result i32) (i32.load offset=0x7fffffff (local.get 0)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "size") (result i32) (memory.size)))
