// Random numbers as the kernels draw them, in u32 arithmetic.
import type { SegmentSizes } from './memory.ts';

/** PCG3D of Jarzynski & Olano 2020, in u32 arithmetic. */
export function pcg3d(x: number, y: number, z: number): [number, number, number] {
  const mix = (v: number) => (Math.imul(v, 1664525) + 1013904223) >>> 0;
  let [a, b, c] = [mix(x), mix(y), mix(z)];
  const stir = () => {
    a = (a + Math.imul(b, c)) >>> 0;
    b = (b + Math.imul(c, a)) >>> 0;
    c = (c + Math.imul(a, b)) >>> 0;
  };
  stir();
  [a, b, c] = [(a ^ (a >>> 16)) >>> 0, (b ^ (b >>> 16)) >>> 0, (c ^ (c >>> 16)) >>> 0];
  stir();
  return [a, b, c];
}

/** The seed of the step and the segment: the first two numbers of `counter`. */
export type Counter = readonly [seed: number, segment: number];

function draw(index: number, stream: number, [seed, segment]: Counter): [number, number, number] {
  return pcg3d(index, (seed ^ Math.imul(stream, 0x9e3779b9)) >>> 0, segment);
}

/** The n factors of a dropout: 1 / (1 - p) with probability 1 - p, else 0. Bit for bit what the kernels draw. */
export function dropoutMask(n: number, p: number, stream: number, counter: Counter): Float64Array {
  const kept = Math.fround(1 / Math.fround(1 - Math.fround(p)));
  const drop = Math.fround(p);
  return Float64Array.from({ length: n }, (_, i) => ((draw(i, stream, counter)[0] >>> 8) / 2 ** 24 >= drop ? kept : 0));
}

/** Four standard normal numbers, by the Box–Muller transform. */
export function normal4(index: number, stream: number, counter: Counter): [number, number, number, number] {
  const a = draw(index * 2, stream, counter);
  const b = draw(index * 2 + 1, stream, counter);
  const radius = (bits: number) => Math.sqrt(-2 * Math.log(((bits >>> 8) + 1) / 2 ** 24));
  const angle = (bits: number) => ((bits >>> 8) / 2 ** 24) * 2 * Math.PI;
  return [
    radius(a[0]) * Math.cos(angle(a[1])),
    radius(b[0]) * Math.cos(angle(b[1])),
    radius(a[0]) * Math.sin(angle(a[1])),
    radius(b[0]) * Math.sin(angle(b[1])),
  ];
}

/** The noise on the memory passed on, (B,M,D); numbers are drawn for the rows of (B, head rows + M). */
export function memoryNoise(
  { B, D, M }: Pick<SegmentSizes, 'B' | 'D' | 'M'>,
  headRows: number,
  standardDeviation: number,
  stream: number,
  counter: Counter,
): Float64Array {
  const noise = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++)
      for (let c = 0; c < D / 4; c++) {
        const four = normal4((b * (headRows + M) + headRows + m) * (D / 4) + c, stream, counter);
        four.forEach((n, i) => {
          noise[(b * M + m) * D + c * 4 + i] = standardDeviation * n;
        });
      }
  return noise;
}
