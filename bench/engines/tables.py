"""Instances, first and second pass through a table on Wasmtime, in the form of `kiln.bench.Tables`: one JSON line.

usage: tables.py REPETITIONS COUNT MASK FILE...        (pip install wasmtime)

Calls the C library itself, since the package's own methods cost more than what is measured.
"""
import json
import os
import statistics
import sys
import time

sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
import wasmtime  # noqa: E402
from wasmtime import _ffi as ffi  # noqa: E402
from ctypes import POINTER, byref, c_size_t  # noqa: E402


def main():
    repetitions, count, mask = (int(a) for a in sys.argv[1:4])
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    modules, compiled, size = [], 0.0, 0
    for path in sys.argv[4:]:
        with open(path, "rb") as f:
            wasm = f.read()
        start = time.process_time()
        modules.append(wasmtime.Module(engine, wasm))
        compiled += time.process_time() - start
        size += len(modules[-1].serialize())
    times = dict(instantiate_us=[], first_us=[], second_us=[])
    for _ in range(repetitions):
        store = wasmtime.Store(engine)
        context = store._context()
        instances = [ffi.wasmtime_instance_t() for _ in modules]
        item = ffi.wasmtime_extern_t()
        trap = POINTER(ffi.wasm_trap_t)()
        elapsed = 0
        for i, module in enumerate(modules):
            imports = byref(item) if i else None
            pointer = module.ptr()
            start = time.perf_counter_ns()
            error = ffi.wasmtime_instance_new(context, pointer, imports, min(i, 1), byref(instances[i]), byref(trap))
            elapsed += time.perf_counter_ns() - start
            if error or trap:
                raise RuntimeError("instantiation failed")
            name = b"run" if i == len(modules) - 1 else b"table"
            if not ffi.wasmtime_instance_export_get(context, byref(instances[i]), name, len(name), byref(item)):
                raise RuntimeError("no export")
        times["instantiate_us"].append(elapsed / 1e3)
        args = (ffi.wasmtime_val_raw_t * 2)()

        def call(n):
            args[0].i32, args[1].i32 = n, mask
            start = time.perf_counter_ns()
            error = ffi.wasmtime_func_call_unchecked(context, byref(item.of.func), args, c_size_t(2), byref(trap))
            elapsed = time.perf_counter_ns() - start
            if error or trap:
                raise RuntimeError("call failed")
            return elapsed / 1e3

        call(0)
        empty = call(0)
        times["first_us"].append(call(count) - empty)
        times["second_us"].append(call(count) - empty)
    result = {k: statistics.median(v) for k, v in times.items()}
    print(json.dumps(dict(result, compile_cpu_ms=compiled * 1e3, bytes=size)), flush=True)


main()
