// The game of life on a torus, in a typed array, with methods that are small.
import { below, check, start } from "./kernel";

class Life {
  cells: Uint8Array;
  next: Uint8Array;

  constructor(public width: i32, public height: i32) {
    this.cells = new Uint8Array(width * height);
    this.next = new Uint8Array(width * height);
  }

  private alive(x: i32, y: i32): i32 {
    if (x < 0) x += this.width;
    else if (x >= this.width) x -= this.width;
    if (y < 0) y += this.height;
    else if (y >= this.height) y -= this.height;
    return this.cells[y * this.width + x];
  }

  private neighbours(x: i32, y: i32): i32 {
    return (
      this.alive(x - 1, y - 1) + this.alive(x, y - 1) + this.alive(x + 1, y - 1) +
      this.alive(x - 1, y) + this.alive(x + 1, y) +
      this.alive(x - 1, y + 1) + this.alive(x, y + 1) + this.alive(x + 1, y + 1)
    );
  }

  step(): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const n = this.neighbours(x, y);
        const at = y * this.width + x;
        this.next[at] = n == 3 || (n == 2 && this.cells[at] != 0) ? 1 : 0;
      }
    }
    const cells = this.cells;
    this.cells = this.next;
    this.next = cells;
  }
}

function kernel(life: Life): u32 {
  for (let i = 0; i < 15; i++) life.step();
  let sum: u32 = 0;
  for (let i = 0; i < life.cells.length; i++) sum = sum * 3 + life.cells[i];
  return sum;
}

export function _start(): void {
  const life = new Life(180, 120);
  for (let i = 0; i < life.cells.length; i++) life.cells[i] = below(3) == 0 ? 1 : 0;
  start();
  check(kernel(life), EXPECTED);
}
