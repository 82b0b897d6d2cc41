// Runs generated programs in this engine and prints what can be seen of them, line for line as OracleTest does.
// node oracle.cjs FOLDER: reads FOLDER/N.wasm and FOLDER/calls.txt, whose lines are "N" (the next program) or "function argument...",
// an argument being a type and a number: i32:-1 i64:5 f32:BITS f64:BITS.
const fs = require('fs');
const folder = process.argv[2];
const view = new DataView(new ArrayBuffer(8));

function argument(text) {
  const [type, value] = text.split(':');
  switch (type) {
    case 'i32': return Number(value);
    case 'i64': return BigInt(value);
    case 'f32': view.setUint32(0, Number(value)); return view.getFloat32(0);
    default: view.setBigUint64(0, BigInt(value)); return view.getFloat64(0);
  }
}

function show(value, type) {
  switch (type) {
    case 'i32': case 'i64': return String(value);
    case 'f32': view.setFloat32(0, value); return Number.isNaN(value) ? 'nan' : String(view.getUint32(0));
    default: view.setFloat64(0, value); return Number.isNaN(value) ? 'nan' : String(view.getBigUint64(0));
  }
}

function trap(message) {
  if (/unreachable/.test(message)) return 'unreachable';
  if (/memory access out of bounds/.test(message)) return 'memory';
  if (/by zero/.test(message)) return 'zero';
  if (/unrepresentable/.test(message)) return 'number';
  if (/null pointer/.test(message)) return 'null';
  if (/array element/.test(message)) return 'array';
  if (/illegal cast/.test(message)) return 'cast';
  if (/table|signature/.test(message)) return 'indirect';
  return message;
}

// What the tags t0, t1 and so on carry.
const tags = [[], ['i32'], ['i64', 'f64'], ['i32']];

function thrown(e) {
  const tag = tags.findIndex((_, i) => e.is(program['t' + i]));
  return `throws t${tag} ` + tags[tag].map((t, i) => show(e.getArg(program['t' + tag], i), t)).join(' ');
}

function hash(memory) {
  let h = 0;
  for (const word of new Int32Array(memory.buffer)) h = Math.imul(h ^ word, 16777619);
  return h;
}

const lines = [];
let program;
const globals = ['i32', 'i32', 'i64', 'f32', 'f64'];
for (const line of fs.readFileSync(folder + '/calls.txt', 'utf8').trim().split('\n')) {
  if (/^\d+$/.test(line)) {
    program = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(`${folder}/${line}.wasm`))).exports;
    lines.push(`program ${line}`);
    continue;
  }
  const [call, types] = line.split(' =');
  const [name, ...args] = call.trim().split(' ');
  const results = types ? types.trim().split(' ') : [];
  program.g0.value = 300;
  let outcome;
  try {
    const r = program[name](...args.map(argument));
    const values = results.length === 1 ? [r] : results.length === 0 ? [] : r;
    outcome = results.map((t, i) => show(values[i], t)).join(' ');
  } catch (e) {
    outcome = e instanceof WebAssembly.Exception ? thrown(e) : 'trap ' + trap(e.message);
  }
  const state = globals.map((t, i) => show(program['g' + i].value, t)).join(' ');
  lines.push(`${name}: ${outcome} | ${state} | ${program.memory.buffer.byteLength / 65536} ${hash(program.memory)}`);
}
fs.writeFileSync(folder + '/seen.txt', lines.join('\n') + '\n');
