// Choosing variants for an adapter whose facts do not determine them: each is timed once, and the fastest are stored.
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
  /** Time every contest again, regardless of earlier choices. Candidates that lost the device stay excluded. */
  readonly again?: boolean;
  readonly problems?: TuningProblems;
  readonly measure?: Measure;
  /** Called before each candidate; once it returns true, nothing more is timed and the choices made so far are kept. */
  readonly isStopped?: () => boolean;
}

/** Whether the device still works. A lost one may reject pending work before it reports the loss. */
async function isAlive(gpu: Gpu): Promise<boolean> {
  try {
    const buffer = gpu.allocate('liveness check', 16, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    await gpu.waiting.until(buffer.mapAsync(GPUMapMode.READ));
    gpu.release(buffer);
    gpu.check();
    return true;
  } catch {
    return false;
  }
}

/** The candidate that the adapter's facts select, or else the first that did not lose the device. */
function untimed({ key, candidates }: Contest, tuning: Tuning, record: TuningRecord): Candidate {
  const isDefault = ({ apply }: Candidate) => JSON.stringify(apply(tuning)) === JSON.stringify(tuning);
  const safe = candidates.filter(({ name }) => !record.isLost(key, name));
  return safe.find(isDefault) ?? safe[0] ?? candidates[0];
}

/** Runs contests; after a candidate lost the device, the next ones run on a new device. */
class ContestRunner {
  constructor(
    public gpu: Gpu,
    private readonly open: () => Promise<Gpu>,
    private readonly record: TuningRecord,
    private readonly measure: Measure,
    private readonly isStopped: () => boolean,
  ) {}

  /**
   * The fastest candidate that agrees with the simplest one; undefined if stopped, or if the simplest cannot run, so that
   * there is no reference. A candidate that the adapter does not support, or whose quads it numbers differently, loses.
   */
  async winner(contest: Contest): Promise<Candidate | undefined> {
    let reference: Trial | undefined;
    let best: { readonly candidate: Candidate; readonly ms: number } | undefined;
    for (const candidate of contest.candidates) {
      if (this.isStopped()) return undefined;
      const trial = await this.attempt(contest, candidate);
      reference ??= trial;
      if (!reference) return undefined;
      if (trial && agree(trial.results, reference.results) && !(best && best.ms <= trial.ms))
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
 * Open an adapter and choose its variants: those stored in `memory`, or else the winners of a probe, which are then stored,
 * so that the same adapter keeps giving the same bits. Software adapters are not probed.
 * @param open opens the adapter; called again after a candidate lost the device
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
  const runner = new ContestRunner(first, open, record, measure, isStopped);
  let { tuning } = first;
  let isTimed = false;
  for (const contest of contests) {
    const { key, candidates } = contest;
    const known = candidates.find(({ name }) => name === record.choice(key));
    let chosen = again && !isStopped() ? undefined : known;
    if (!chosen) {
      chosen = await runner.winner(contest);
      if (chosen) {
        isTimed = true;
        await record.choose(key, chosen.name);
      }
    }
    tuning = (chosen ?? known ?? untimed(contest, tuning, record)).apply(tuning);
  }
  await record.save();
  const { gpu } = runner;
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

/** The choice as text, for display. */
export function tuningText({ product, attention: attended }: Tuning): string {
  const both = (small: string, large: string) => (small === large ? small : `${small} (small), ${large} (large)`);
  return (
    `products ${both(variantName(product.small), variantName(product.large))}; ` +
    `attention ${both(attended.small, attended.large)}`
  );
}
