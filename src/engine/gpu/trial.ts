// One candidate of a contest on the GPU: what it computes, and how long it takes.
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

/** Runs a candidate; tests give their own. Rejects where the adapter refuses it. */
export type Measure = (gpu: Gpu, contest: Contest, candidate: Candidate) => Promise<Trial>;

/** Milliseconds that a round takes at least: browsers round their clocks to 0.1 ms, and a submit takes as long to arrive. */
const ROUND = 20;
const ROUNDS = 3;
/** Replays of a round at most. */
const MOST_REPLAYS = 4096;
/** Milliseconds after which no more rounds are needed: noise is small beside them. */
const ENOUGH = 300;

/**
 * The time of one replay, from rounds of as many replays as take long enough to be told from noise.
 * @param round runs so many replays, and resolves to the milliseconds they took
 * @returns milliseconds a replay, of the fastest round; infinite if no clock tells
 */
export async function timeReplay(round: (replays: number) => Promise<number>): Promise<number> {
  let replays = 1;
  let took = await round(replays);
  while (took < ROUND && replays < MOST_REPLAYS) {
    // Twice as many, or what the last round promises and a quarter more.
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
  const gpu = device.withTuning(candidate.place(device.tuning, true));
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
    // The first replay also warms up. Gradients of parameters add up in later ones.
    replay(1);
    const results = await readback.now(kept);
    const ms = await timeReplay(async (replays) => {
      const started = performance.now();
      replay(replays);
      await gpu.device.queue.onSubmittedWorkDone();
      return performance.now() - started;
    });
    gpu.check();
    return { results, ms };
  } finally {
    readback.release();
    program.release();
  }
};

/** Whether two candidates give the same, as far as sums of f32 in another order can: relative to each largest number. */
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
