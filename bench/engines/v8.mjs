// Runs one benchmark program on this Node's V8 and prints one JSON line, in the form of `kiln bench --json`.
// usage: node [--no-liftoff ...] v8.mjs ITERATIONS FILE PREOPEN
import { readFileSync, openSync } from 'node:fs';
import { WASI } from 'node:wasi';
import process from 'node:process';

const [, , iterations, file, preopen] = process.argv;
const bytes = readFileSync(file);
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e3; };

const before = cpu();
// Newer versions of Node end while nothing but a compilation is awaited.
const module = new WebAssembly.Module(bytes);
const result = { engine: 'v8', file, compile_cpu_ms: cpu() - before, exec_cpu_ms: [], exec_wall_ms: [], instantiate_us: [] };
const sink = openSync('/dev/null', 'w');
for (let i = 0; i < Number(iterations); i++) {
  const wasi = new WASI({ version: 'preview1', args: ['benchmark.wasm'], preopens: { '.': preopen }, stdout: sink, stderr: sink, returnOnExit: true });
  let c0, w0, c1, w1;
  const bench = {
    start() { c0 = cpu(); w0 = performance.now(); },
    end() { w1 = performance.now(); c1 = cpu(); },
  };
  const t = performance.now();
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport, bench });
  result.instantiate_us.push((performance.now() - t) * 1e3);
  if (!WebAssembly.Module.imports(module).some((m) => m.module === 'bench')) bench.start();
  // A library whose start-up does the work: Kotlin's compiler makes these of programs.
  const code = instance.exports._start ? wasi.start(instance) : wasi.initialize(instance);
  if (code) throw new Error(`exit status ${code}`);
  if (c1 === undefined) bench.end();
  result.exec_cpu_ms.push(c1 - c0);
  result.exec_wall_ms.push(w1 - w0);
}
console.log(JSON.stringify(result));
