// The rates an adapter reaches with this engine's kernels, as a reference for other timings.
import { linear } from '../ops/linear.ts';
import { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { Program } from './program.ts';
import { timeReplay } from './trial.ts';

export interface Probe {
  /** Highest rate of an n×n×n f32 matrix product, in GFLOP/s. */
  readonly matmulGflops: number;
  /** The n at which it was reached. */
  readonly matmulSize: number;
  /** Bytes read plus bytes written by a buffer copy, in GB/s. */
  readonly copyGBs: number;
}

/** Seconds of one replay, measured over rounds of enough replays. */
async function seconds(gpu: Gpu, encode: (encoder: GPUCommandEncoder) => void): Promise<number> {
  const round = async (replays: number) => {
    const started = performance.now();
    const encoder = gpu.device.createCommandEncoder();
    for (let k = 0; k < replays; k++) encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    await gpu.waiting.done();
    return gpu.waiting.taken(started);
  };
  // Warm-up.
  await round(1);
  const ms = await timeReplay(round);
  gpu.check();
  return ms / 1000;
}

async function matmulSeconds(gpu: Gpu, n: number): Promise<number> {
  const program = new Program(gpu, 'probe');
  const tape = new Tape(program);
  const square = (label: string): Tensor => program.keep(program.tensor(label, [n, n]));
  linear(tape, square('a'), { weight: square('b'), bias: program.keep(program.tensor('bias', [n])) });
  try {
    await program.finish();
    return await seconds(gpu, (encoder) => program.replay(encoder, 'main'));
  } finally {
    program.release();
  }
}

/** Microseconds per dispatch in a series of dispatches with almost no work. */
export async function dispatchMicroseconds(gpu: Gpu): Promise<number> {
  const dispatches = 64;
  const program = new Program(gpu, 'probe of dispatches');
  const tape = new Tape(program);
  const square = (label: string): Tensor => program.keep(program.tensor(label, [4, 4]));
  const [inp, weight, bias] = [square('a'), square('b'), program.keep(program.tensor('bias', [4]))];
  for (let i = 0; i < dispatches; i++) linear(tape, inp, { weight, bias });
  try {
    await program.finish();
    return (1e6 * (await seconds(gpu, (encoder) => program.replay(encoder, 'main')))) / dispatches;
  } finally {
    program.release();
  }
}

/** Time matrix products of growing size until one takes 20 ms, and one copy. Takes about a second. */
export async function probe(gpu: Gpu): Promise<Probe> {
  let best = { matmulGflops: 0, matmulSize: 0 };
  for (const n of [256, 512, 1024, 2048, 4096]) {
    const time = await matmulSeconds(gpu, n);
    const matmulGflops = (2 * n ** 3) / time / 1e9;
    if (matmulGflops > best.matmulGflops) best = { matmulGflops, matmulSize: n };
    if (time > 0.02) break;
  }
  const bytes = gpu.facts.software ? 2 ** 24 : 2 ** 27;
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = await gpu.guarded(
    'probe',
    () => [gpu.allocate('from', bytes, usage), gpu.allocate('to', bytes, usage)] as const,
  );
  const time = await seconds(gpu, (encoder) => encoder.copyBufferToBuffer(from, 0, to, 0, bytes));
  gpu.release(from);
  gpu.release(to);
  return { ...best, copyGBs: (2 * bytes) / time / 1e9 };
}
