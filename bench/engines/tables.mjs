// Instances, first and second pass through a table on this Node's V8, in the form of `kiln.bench.Tables`: one JSON line.
// usage: node [--no-liftoff ...] tables.mjs REPETITIONS COUNT MASK FILE...
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [, , repetitions, count, mask, ...files] = process.argv;
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e3; };
const now = () => Number(process.hrtime.bigint()) / 1e3;
const before = cpu();
const modules = files.map((f) => new WebAssembly.Module(readFileSync(f)));
const compiled = cpu() - before;
const times = { instantiate_us: [], first_us: [], second_us: [] };
for (let i = 0; i < Number(repetitions); i++) {
  let start = now();
  let exports = {};
  for (const m of modules) exports = new WebAssembly.Instance(m, { tables: exports }).exports;
  times.instantiate_us.push(now() - start);
  const call = (n) => { const t = now(); exports.run(n, Number(mask)); return now() - t; };
  call(0);
  const empty = call(0);
  times.first_us.push(call(Number(count)) - empty);
  times.second_us.push(call(Number(count)) - empty);
}
const median = (a) => a.sort((x, y) => x - y)[a.length >> 1];
console.log(JSON.stringify({ ...Object.fromEntries(Object.entries(times).map(([k, v]) => [k, median(v)])), compile_cpu_ms: compiled, bytes: 0 }));
