// A cache that drops what was used least recently: a map, and managed nodes that are linked in both directions.
import { below, check, start } from "./kernel";

class Entry {
  before: Entry | null = null;
  after: Entry | null = null;
  constructor(public key: u32, public value: u64) {}
}

class Cache {
  private entries: Map<u32, Entry> = new Map<u32, Entry>();
  private first: Entry | null = null;
  private last: Entry | null = null;
  hits: u32 = 0;
  dropped: u32 = 0;

  constructor(private capacity: i32) {}

  private unlink(entry: Entry): void {
    const before = entry.before;
    const after = entry.after;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
  }

  private putFirst(entry: Entry): void {
    entry.before = null;
    entry.after = this.first;
    const first = this.first;
    if (first) first.before = entry;
    else this.last = entry;
    this.first = entry;
  }

  get(key: u32): u64 {
    if (this.entries.has(key)) {
      const entry = this.entries.get(key);
      this.hits++;
      if (entry !== this.first) {
        this.unlink(entry);
        this.putFirst(entry);
      }
      return entry.value;
    }
    if (this.entries.size >= this.capacity) {
      const last = this.last;
      if (last) {
        this.unlink(last);
        this.entries.delete(last.key);
        this.dropped++;
      }
    }
    const made = new Entry(key, compute(key));
    this.entries.set(key, made);
    this.putFirst(made);
    return made.value;
  }
}

function compute(key: u32): u64 {
  let value: u64 = key;
  for (let i = 0; i < 4; i++) value = value * 0x9e3779b97f4a7c15 + (value >> 29);
  return value;
}

function kernel(): u32 {
  const cache = new Cache(1000);
  let sum: u64 = 0;
  for (let i = 0; i < 200000; i++) sum = sum * 31 + cache.get(below(1 + below(4000)));
  return <u32>(sum ^ (sum >> 32)) ^ cache.hits ^ (cache.dropped << 8);
}

export function _start(): void {
  start();
  check(kernel(), EXPECTED);
}
