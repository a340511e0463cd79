// One candidate of a contest on the GPU: its results, and its time.
import { Tape } from '../tape.ts';
import type { Gpu } from './adapter.ts';
import { type Candidate, type Contest, drawnNumbers } from './contests.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';

export interface Trial {
  /** Result and gradients. */
  readonly results: readonly Float32Array[];
  /** Milliseconds of one forward and backward pass. */
  readonly ms: number;
}

/** Runs a candidate; tests inject their own. Rejects if the adapter does not support the candidate. */
export type Measure = (gpu: Gpu, contest: Contest, candidate: Candidate) => Promise<Trial>;

/** Minimum milliseconds of a round: browsers round their clocks to 0.1 ms, and submit latency is of that order. */
const ROUND = 20;
const ROUNDS = 3;
/** Maximum replays of a round. */
const MOST_REPLAYS = 4096;
/** Milliseconds after which no more rounds are needed, because noise is small in comparison. */
const ENOUGH = 300;

/**
 * The time of one replay, from rounds with enough replays to rise above the noise.
 * @param round runs this many replays, and resolves to the milliseconds they took
 * @returns milliseconds per replay in the fastest round; infinite if the clock never advances
 */
export async function timeReplay(round: (replays: number) => Promise<number>): Promise<number> {
  let replays = 1;
  let took = await round(replays);
  while (took < ROUND && replays < MOST_REPLAYS) {
    // Double the replays, or extrapolate from the last round plus a quarter.
    const wanted = took > 0 ? Math.ceil((1.25 * replays * ROUND) / took) : 0;
    replays = Math.min(MOST_REPLAYS, Math.max(2 * replays, Math.min(16 * replays, wanted)));
    took = await round(replays);
  }
  let fastest = took;
  for (let all = took, rounds = 1; rounds < ROUNDS && all < ENOUGH; rounds++) {
    took = await round(replays);
    all += took;
    fastest = Math.min(fastest, took);
  }
  return fastest > 0 ? fastest / replays : Number.POSITIVE_INFINITY;
}

export const measureOnGpu: Measure = async (device, contest, candidate) => {
  const gpu = device.withTuning(candidate.apply(device.tuning, true));
  const program = new Program(gpu, 'tuning');
  const readback = new Readback(gpu);
  const replay = (replays: number) => {
    const encoder = gpu.device.createCommandEncoder();
    for (let i = 0; i < replays; i++) program.replay(encoder, 'main', 'main backward');
    gpu.device.queue.submit([encoder.finish()]);
  };
  try {
    const kept = contest.record(new Tape(program), drawnNumbers).map((tensor) => program.keep(tensor));
    await program.finish();
    // The first replay also warms up. Parameter gradients accumulate in later ones.
    replay(1);
    const results = await readback.now(kept);
    const ms = await timeReplay(async (replays) => {
      const started = performance.now();
      replay(replays);
      await gpu.waiting.done();
      return gpu.waiting.taken(started);
    });
    gpu.check();
    return { results, ms };
  } finally {
    readback.release();
    program.release();
  }
};

/** Whether two candidates agree within the error of f32 sums in another order, relative to the largest number of each. */
export function agree(got: Trial['results'], wanted: Trial['results']): boolean {
  return (
    got.length === wanted.length &&
    wanted.every((numbers, i) => {
      const other = got[i];
      if (other?.length !== numbers.length) return false;
      const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return numbers.every((value, at) => Math.abs(value - (other[at] ?? Number.NaN)) <= 1e-4 * largest);
    })
  );
}
