// What every kernel in AssemblyScript has (see kernel.h): the marks, numbers that are always the same, and a check of
// the result.
// @ts-ignore: decorator
@external("bench", "start") declare function benchStart(): void;
// @ts-ignore: decorator
@external("bench", "end") declare function benchEnd(): void;

let seed: u32 = 12345;

export function next(): u32 {
  seed = seed * 1664525 + 1013904223;
  return seed >> 8;
}

export function below(bound: u32): u32 {
  return next() % bound;
}

export function start(): void {
  benchStart();
}

export function check(result: u32, expected: u32): void {
  benchEnd();
  if (result != expected) unreachable();
}
