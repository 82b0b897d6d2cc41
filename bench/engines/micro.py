"""Times calls of one export on Wasmtime, in the form of `kiln.bench.Micro`: one JSON line.

usage: micro.py REPETITIONS FILE EXPORT ARGUMENT...        (pip install wasmtime)
"""
import json
import os
import sys
import time

# A script of this folder must not hide the package.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
import wasmtime  # noqa: E402


def main():
    repetitions, path, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    args = [int(a) for a in sys.argv[4:]]
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    for feature in ["wasm_memory64", "wasm_custom_page_sizes", "wasm_threads", "wasm_exceptions", "wasm_gc",
                    "wasm_function_references"]:
        setattr(config, feature, True)
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    with open(path, "rb") as f:
        instance = wasmtime.Instance(store, wasmtime.Module(engine, f.read()), [])
    run = instance.exports(store)[name]
    ns = []
    for _ in range(repetitions):
        start = time.thread_time_ns()
        run(store, *args)
        ns.append(time.thread_time_ns() - start)
    print(json.dumps(dict(ns=min(ns))), flush=True)


main()
