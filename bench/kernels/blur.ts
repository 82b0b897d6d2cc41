// Image filters on typed arrays: a coloured Mandelbrot set, a box blur in both directions, sharpening, a histogram.
import { check, start } from "./kernel";

const WIDTH = 256;
const HEIGHT = 192;

function paint(image: Uint8Array): void {
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const cx = <f32>x / 100 - 2;
      const cy = <f32>y / 96 - 1;
      let zx: f32 = 0, zy: f32 = 0;
      let n = 0;
      while (n < 40 && zx * zx + zy * zy < 4) {
        const t = zx * zx - zy * zy + cx;
        zy = 2 * zx * zy + cy;
        zx = t;
        n++;
      }
      const at = (y * WIDTH + x) * 3;
      image[at] = <u8>(n * 6);
      image[at + 1] = <u8>((n * n) & 255);
      image[at + 2] = <u8>(255 - n * 5);
    }
  }
}

function blurRows(from: Uint8Array, to: Uint8Array, width: i32, height: i32, radius: i32): void {
  const size = 2 * radius + 1;
  for (let y = 0; y < height; y++) {
    for (let channel = 0; channel < 3; channel++) {
      const row = y * width * 3 + channel;
      let sum: u32 = from[row] * (radius + 1);
      for (let x = 0; x < radius; x++) sum += from[row + x * 3];
      for (let x = 0; x < width; x++) {
        const entering = min(x + radius, width - 1);
        const leaving = max(x - radius - 1, 0);
        sum += from[row + entering * 3];
        sum -= from[row + leaving * 3];
        // The result is turned by a quarter, so that the same function blurs columns next.
        to[(x * height + y) * 3 + channel] = <u8>(sum / size);
      }
    }
  }
}

function sharpen(from: Uint8Array, to: Uint8Array): void {
  const kernel: StaticArray<i32> = [0, -1, 0, -1, 5, -1, 0, -1, 0];
  for (let y = 1; y < HEIGHT - 1; y++) {
    for (let x = 1; x < WIDTH - 1; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            sum += kernel[(dy + 1) * 3 + dx + 1] * <i32>from[((y + dy) * WIDTH + x + dx) * 3 + channel];
          }
        }
        to[(y * WIDTH + x) * 3 + channel] = <u8>max(0, min(255, sum));
      }
    }
  }
}

function kernel(): u32 {
  const a = new Uint8Array(WIDTH * HEIGHT * 3);
  const b = new Uint8Array(WIDTH * HEIGHT * 3);
  paint(a);
  for (let round = 0; round < 3; round++) {
    blurRows(a, b, WIDTH, HEIGHT, 2 + round);
    blurRows(b, a, HEIGHT, WIDTH, 2 + round);
  }
  sharpen(a, b);
  const histogram = new Int32Array(256);
  for (let i = 0; i < b.length; i++) histogram[b[i]]++;
  let sum: u32 = 0;
  for (let i = 0; i < 256; i++) sum = sum * 31 + histogram[i];
  return sum;
}

export function _start(): void {
  start();
  check(kernel(), EXPECTED);
}
