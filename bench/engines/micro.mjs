// Times calls of one export on this Node's V8, in the form of `kiln.bench.Micro`: one JSON line.
// usage: node [--no-liftoff ...] micro.mjs REPETITIONS FILE EXPORT ARGUMENT...
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [, , repetitions, file, name, ...args] = process.argv;
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) * 1e3; };
const run = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports[name];
const numbers = args.map(Number);
const ns = [];
for (let i = 0; i < Number(repetitions); i++) {
  const start = cpu();
  run(...numbers);
  ns.push(cpu() - start);
}
console.log(JSON.stringify({ ns: Math.min(...ns) }));
