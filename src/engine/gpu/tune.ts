// Finding the best variants for an adapter whose facts do not say: each is timed once, and the winners are remembered.
import type { Gpu } from './adapter.ts';
import {
  type Candidate,
  type Contest,
  type ContestKey,
  contestsFor,
  type TuningProblems,
  versionOf,
} from './contests.ts';
import { agree, type Measure, measureOnGpu, type Trial } from './trial.ts';
import { type Tuning, variantName } from './tuning.ts';
import { type TuningMemory, TuningRecord } from './tuning-record.ts';

export interface TuneOptions {
  /** Time every contest again, whatever was chosen before. Candidates that lost the device stay out. */
  readonly again?: boolean;
  readonly problems?: TuningProblems;
  readonly measure?: Measure;
  /** Asked before each candidate; once stopped, the choices made so far stay and nothing more is timed. */
  readonly isStopped?: () => boolean;
}

/** Whether the device still answers. A lost one may reject what waits for it before it says so. */
async function isAlive(gpu: Gpu): Promise<boolean> {
  try {
    const buffer = gpu.allocate('answer', 16, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    await buffer.mapAsync(GPUMapMode.READ);
    gpu.release(buffer);
    gpu.check();
    return true;
  } catch {
    return false;
  }
}

/** The candidate of the tuning that an adapter's facts give, or the first that did not lose the device. */
function untimed({ key, candidates }: Contest, tuning: Tuning, record: TuningRecord): Candidate {
  const isDefault = ({ place }: Candidate) => JSON.stringify(place(tuning)) === JSON.stringify(tuning);
  const safe = candidates.filter(({ name }) => !record.isLost(key, name));
  return safe.find(isDefault) ?? safe[0] ?? candidates[0];
}

/** Holds contests on one device after the other: a candidate that loses the device costs only itself. */
class Races {
  constructor(
    public gpu: Gpu,
    private readonly open: () => Promise<Gpu>,
    private readonly record: TuningRecord,
    private readonly measure: Measure,
    private readonly isStopped: () => boolean,
  ) {}

  /**
   * The fastest candidate that gives what the plainest gives; undefined if it was stopped, or if the plainest cannot be
   * run, so that there is nothing to compare with. Candidates that an adapter refuses, or that number their invocations
   * otherwise than it does, only lose.
   */
  async winner(contest: Contest): Promise<Candidate | undefined> {
    let plainest: Trial | undefined;
    let best: { readonly candidate: Candidate; readonly ms: number } | undefined;
    for (const candidate of contest.candidates) {
      if (this.isStopped()) return undefined;
      const trial = await this.attempt(contest, candidate);
      plainest ??= trial;
      if (!plainest) return undefined;
      if (trial && agree(trial.results, plainest.results) && !(best && best.ms <= trial.ms))
        best = { candidate, ms: trial.ms };
    }
    return best?.candidate;
  }

  private async attempt(contest: Contest, candidate: Candidate): Promise<Trial | undefined> {
    const { key } = contest;
    const { name } = candidate;
    if (this.record.isLost(key, name)) return undefined;
    await this.record.begin(key, name);
    const trial = await this.measure(this.gpu, contest, candidate).catch(() => undefined);
    if (await isAlive(this.gpu)) {
      this.record.survived(key, name);
      return trial;
    }
    this.gpu.destroy();
    this.gpu = await this.open();
    return undefined;
  }
}

/**
 * Open an adapter and choose its variants: what `memory` holds for it, or else the winners of a probe, which `memory` then
 * keeps, so that the same adapter gives the same bits from then on. A software adapter's facts suffice.
 * @param open opens the adapter; again after a candidate lost the device
 */
export async function openTuned(
  open: () => Promise<Gpu>,
  memory: TuningMemory,
  options: TuneOptions = {},
): Promise<Gpu> {
  const { again = false, problems, measure = measureOnGpu, isStopped = () => false } = options;
  const first = await open();
  if (first.facts.software) return first;
  const contests = contestsFor(first, problems);
  const versions = new Map<ContestKey, string>(contests.map((contest) => [contest.key, versionOf(first, contest)]));
  const record = await TuningRecord.recall(memory, first.name, versions);
  const races = new Races(first, open, record, measure, isStopped);
  let { tuning } = first;
  let isTimed = false;
  for (const contest of contests) {
    const { key, candidates } = contest;
    const known = candidates.find(({ name }) => name === record.choice(key));
    let chosen = again && !isStopped() ? undefined : known;
    if (!chosen) {
      chosen = await races.winner(contest);
      if (chosen) {
        isTimed = true;
        await record.choose(key, chosen.name);
      }
    }
    tuning = (chosen ?? known ?? untimed(contest, tuning, record)).place(tuning);
  }
  await record.save();
  const { gpu } = races;
  gpu.tuning = tuning;
  gpu.tuningSource = isTimed ? 'timed' : contests.some(({ key }) => record.choice(key)) ? 'remembered' : 'facts';
  gpu.lostVariants = record.lost;
  gpu.retune = async (stopped) => {
    const other = await openTuned(open, memory, { ...options, again: true, isStopped: stopped });
    gpu.tuning = other.tuning;
    gpu.tuningSource = other.tuningSource;
    gpu.lostVariants = other.lostVariants;
    other.destroy();
  };
  return gpu;
}

/** The choice in words, for people. */
export function tuningText({ product, attention: attended }: Tuning): string {
  const both = (small: string, large: string) => (small === large ? small : `${small} (small), ${large} (large)`);
  return (
    `products ${both(variantName(product.small), variantName(product.large))}; ` +
    `attention ${both(attended.small, attended.large)}`
  );
}
