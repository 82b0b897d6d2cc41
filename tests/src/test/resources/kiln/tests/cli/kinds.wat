;; Memories and a table of the kinds that are not the usual ones.
(module
  (memory (export "wide") i64 1 2)
  (memory (export "bytes") 5 (pagesize 1))
  (table (export "table") i64 3 funcref))
