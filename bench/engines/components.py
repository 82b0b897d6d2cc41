"""Measures a component on Wasmtime, in the form of `kiln.bench.ComponentCosts`: one JSON line, CPU times in ns.

usage: components.py FILE CALLS INSTANCES ROUNDS [LENGTH]        (pip install wasmtime)

Makes CALLS calls in a round with arguments of LENGTH, if there are any, else measures compilation. Each instance has a
store of its own; what Python adds to both is in the figure.
"""
import json
import os
import sys
import time

# A script of this folder must not hide the package.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]
import wasmtime  # noqa: E402
from wasmtime import component  # noqa: E402


def least(rounds, count, clock, work):
    times = []
    for _ in range(rounds):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times) / count


def main():
    path, calls, instances, rounds, *rest = sys.argv[1], *map(int, sys.argv[2:])
    length = rest[0] if rest else 0
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    with open(path, "rb") as f:
        wasm = f.read()
    compiled = component.Component(engine, wasm)
    linker = component.Linker(engine)
    linker.add_wasip2()

    def instantiate():
        store = wasmtime.Store(engine)
        store.set_wasi(wasmtime.WasiConfig())
        return store, linker.instantiate(store, compiled)

    call = 0
    if calls:
        store, instance = instantiate()
        run = instance.get_func(store, "run")
        def round_of_calls():
            run(store, calls, length)
            if hasattr(run, "post_return"):
                run.post_return(store)
        call = least(rounds, calls, time.thread_time_ns, round_of_calls)
    print(json.dumps(dict(
        call=call,
        instance=instances and least(
            rounds, instances, time.thread_time_ns, lambda: [instantiate() for _ in range(instances)]),
        compilation=0 if calls else least(rounds, 1, time.process_time_ns, lambda: component.Component(engine, wasm)),
        bytes=len(compiled.serialize()))), flush=True)


main()
