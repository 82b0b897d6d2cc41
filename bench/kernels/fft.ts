// Fast Fourier transforms of f64 in typed arrays, a convolution by them, and roots computed by recurrence.
import { below, check, start } from "./kernel";

const LOG = 13;
const SIZE = 1 << LOG;

class Transform {
  cos: Float64Array = new Float64Array(SIZE / 2);
  sin: Float64Array = new Float64Array(SIZE / 2);

  constructor() {
    // The angle is halved from a quarter turn on: only square roots are needed.
    let c = 0.0, s = 1.0;
    for (let i = 2; i < LOG; i++) {
      const half = Math.sqrt((1 + c) / 2);
      s = s / (2 * half);
      c = half;
    }
    this.cos[0] = 1;
    for (let i = 1; i < SIZE / 2; i++) {
      this.cos[i] = this.cos[i - 1] * c - this.sin[i - 1] * s;
      this.sin[i] = this.cos[i - 1] * s + this.sin[i - 1] * c;
    }
  }

  run(re: Float64Array, im: Float64Array, inverse: bool): void {
    for (let i = 0, j = 0; i < SIZE; i++) {
      if (i < j) {
        const r = re[i];
        re[i] = re[j];
        re[j] = r;
        const m = im[i];
        im[i] = im[j];
        im[j] = m;
      }
      let bit = SIZE >> 1;
      while (j & bit) {
        j ^= bit;
        bit >>= 1;
      }
      j |= bit;
    }
    for (let half = 1; half < SIZE; half <<= 1) {
      const step = SIZE / (2 * half);
      for (let from = 0; from < SIZE; from += 2 * half) {
        for (let k = 0; k < half; k++) {
          const wr = this.cos[k * step];
          const wi = inverse ? -this.sin[k * step] : this.sin[k * step];
          const a = from + k;
          const b = a + half;
          const tr = re[b] * wr - im[b] * wi;
          const ti = re[b] * wi + im[b] * wr;
          re[b] = re[a] - tr;
          im[b] = im[a] - ti;
          re[a] += tr;
          im[a] += ti;
        }
      }
    }
  }
}

function kernel(transform: Transform, a: Float64Array, b: Float64Array): u32 {
  const ai = new Float64Array(SIZE);
  const bi = new Float64Array(SIZE);
  let sum: u32 = 0;
  for (let round = 0; round < 5; round++) {
    ai.fill(0);
    bi.fill(0);
    transform.run(a, ai, false);
    transform.run(b, bi, false);
    for (let i = 0; i < SIZE; i++) {
      const re = a[i] * b[i] - ai[i] * bi[i];
      ai[i] = (a[i] * bi[i] + ai[i] * b[i]) / SIZE;
      a[i] = re / SIZE;
    }
    transform.run(a, ai, true);
    transform.run(b, bi, true);
    for (let i = 0; i < SIZE; i++) {
      const product = <i64>nearest(a[i]);
      sum = sum * 31 + <u32>product;
      a[i] = <f64>(product & 15);
      b[i] = <f64>(<i64>nearest(b[i] / SIZE));
    }
  }
  return sum;
}

export function _start(): void {
  const transform = new Transform();
  const a = new Float64Array(SIZE);
  const b = new Float64Array(SIZE);
  for (let i = 0; i < SIZE / 2; i++) {
    a[i] = below(16);
    b[i] = below(16);
  }
  start();
  check(kernel(transform, a, b), EXPECTED);
}
