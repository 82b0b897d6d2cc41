"""Runs one benchmark program on Wasmtime through its Python package and prints one JSON line, as `kiln bench --json`.

usage: wasmtime.py ITERATIONS FILE PREOPEN        (pip install wasmtime)
"""
import json
import os
import sys
import tempfile
import time

# The script's own name must not hide the package.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
import wasmtime  # noqa: E402


def main():
    iterations, path, preopen = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    with open(path, "rb") as f:
        wasm = f.read()
    start = time.process_time()
    module = wasmtime.Module(engine, wasm)
    compiled = time.process_time() - start
    has_marks = any(i.module == "bench" for i in module.imports)
    result = dict(engine="wasmtime", file=path, compile_cpu_ms=compiled * 1e3, cwasm_bytes=len(module.serialize()),
                  exec_cpu_ms=[], exec_wall_ms=[], instantiate_us=[])
    for _ in range(iterations):
        marks = {}

        def begin():
            marks["w0"], marks["c0"] = time.perf_counter_ns(), time.thread_time_ns()

        def end():
            marks["c1"], marks["w1"] = time.thread_time_ns(), time.perf_counter_ns()

        store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["benchmark.wasm"]
        wasi.preopen_dir(preopen, ".")
        out = tempfile.NamedTemporaryFile()
        wasi.stdout_file = wasi.stderr_file = out.name
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        linker.define_func("bench", "start", wasmtime.FuncType([], []), begin)
        linker.define_func("bench", "end", wasmtime.FuncType([], []), end)
        t = time.perf_counter_ns()
        instance = linker.instantiate(store, module)
        result["instantiate_us"].append((time.perf_counter_ns() - t) / 1e3)
        if not has_marks:
            begin()
        try:
            exports = instance.exports(store)
            # A library whose start-up does the work: Kotlin's compiler makes these of programs.
            exports["_start" if "_start" in exports else "_initialize"](store)
        except wasmtime.ExitTrap as e:
            if e.code:
                raise
        if "c1" not in marks:
            end()
        result["exec_cpu_ms"].append((marks["c1"] - marks["c0"]) / 1e6)
        result["exec_wall_ms"].append((marks["w1"] - marks["w0"]) / 1e6)
    print(json.dumps(result), flush=True)


main()
