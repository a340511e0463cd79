// One training run: its model, task, curriculum and optimiser. A step is a function of (configuration, step number) and
// the weights.

import { type LossHistory, lossAfter, type Suspicion, suspicionsOf } from '../analysis/suspicion.ts';
import { AdamW } from '../engine/adamw.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { DataIdentities, DataIdentity } from '../experiment/data-identity.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import { batchOf } from '../experiment/samples.ts';
import type { NamedBytes } from '../experiment/starting-model.ts';
import { writtenVocabulary } from '../experiment/vocabularies.ts';
import { factsOf, type OnFileProgress, type TaskRecord, type Work } from '../experiment/workspace.ts';
import { evaluateSamples, figuresOf, type Look, noSums, type Sums } from '../inference/evaluate.ts';
import { type Example, examplesOf } from '../inference/examples.ts';
import { obstacleOf, planRun, type RunPlan, trainingOptions, validationOptions } from '../instruments/plan.ts';
import type { BatchOutcome } from '../models/batch-forward.ts';
import { checkLaidOut, layoutCheckpoint } from '../models/checkpoint.ts';
import { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { trains } from '../models/trained.ts';
import { BpttTrainer } from '../models/training.ts';
import { mixSeed } from '../random.ts';
import { STREAM, trainingBatch, validationRandom } from './batches.ts';
import { beginningOf } from './beginning.ts';
import { initialValues } from './initial-values.ts';
import type { StepResult, ValidationMetrics } from './metrics.ts';
import { derivedProgress, type TrainProgress } from './progress.ts';
import {
  averageSegments,
  learningRate,
  noPlateau,
  type Plateau,
  plateauAfter,
  plateauRate,
  stepsOf,
} from './schedule.ts';
import { WatchedDocument, type WatchedReading } from './watched-document.ts';

export interface ValidationReport extends ValidationMetrics {
  readonly suspicions: readonly Suspicion[];
  /** The first few of its samples. */
  readonly examples: readonly Example[];
}

/** The result of a step, and what is suspicious about the loss up to it. */
export type StepReport = StepResult & { readonly suspicions: readonly Suspicion[] };

/** The results of one turn of the run. */
export interface TurnReport {
  /**
   * The results of the step, once the GPU has them: the next turn may start earlier. Rejects if a number is not finite.
   */
  readonly report: Promise<StepReport>;
  /** After the step, before the next stage began. */
  readonly progress: TrainProgress;
  readonly validation?: ValidationReport;
  /** With the validation, if it was requested. */
  readonly watched?: WatchedReport;
}

/** A document read at a validation, or why it could not be. */
export type WatchedReport = WatchedReading | { readonly problem: string };

/** Wait for all, and release what succeeded if something failed. */
async function settled<T extends readonly { release(): void }[]>(
  parts: { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const results = await Promise.allSettled(parts);
  const failed = results.find(({ status }) => status === 'rejected');
  if (!failed) return (await Promise.all(parts)) as unknown as T;
  for (const result of results) if (result.status === 'fulfilled') result.value.release();
  throw (failed as PromiseRejectedResult).reason;
}

export class Trainer {
  private done = 0;
  private stage = 0;
  private stageStep = 0;
  private plateau: Plateau = noPlateau;
  private tail: Promise<unknown> = Promise.resolve();
  /** The report of the last step. */
  private latest: Promise<unknown> = Promise.resolve();
  /** The loss up to the last reported step. */
  private history: LossHistory | undefined;
  /** Prepared when somebody first looks at it. */
  private document: WatchedDocument | undefined;

  private constructor(
    readonly config: RunConfig,
    readonly work: Work,
    readonly model: Model,
    private training: BpttTrainer,
    private readonly validation: SegmentReader,
    private readonly optimiser: AdamW,
    private readonly record: TaskRecord,
    private readonly data: DataIdentities,
    /** The model that it started from. */
    readonly origin: DataIdentity | undefined,
    private readonly plan: RunPlan,
  ) {}

  /**
   * Prepare a run for its first step, or for the step after `resume`'s last.
   * @param reading called with the progress of reading a user's file
   * @param from    a checkpoint whose weights it starts from
   * @throws InputError if the configuration, a file or the checkpoint cannot be used; RangeError if there is not enough
   *         memory
   */
  static async create(
    gpu: Gpu,
    config: RunConfig,
    materials: Materials = {},
    resume?: NamedBytes,
    reading: OnFileProgress = () => {},
    from?: NamedBytes,
  ): Promise<Trainer> {
    const { work, blueprint, saved, weights, record, data, origin } = await beginningOf(config, {
      materials,
      resume,
      from,
      reading,
    });
    // Refuse what the adapter cannot run before allocating anything.
    const plan = await planRun(gpu, config, work, blueprint);
    const obstacle = obstacleOf(plan);
    if (obstacle) throw obstacle;
    const model = await Model.create(gpu, blueprint, config.trained);
    // The first validation needs the fewest kernels, so they come first; the others are compiled while it runs.
    const parts = await settled([
      SegmentReader.create(model, validationOptions(config)),
      AdamW.create(gpu, model.parameters.trained.theta, model.parameters.trained.d_theta),
      BpttTrainer.start(model, trainingOptions(config, saved?.stage ?? 0)),
    ]).catch((error) => {
      model.release();
      throw error;
    });
    try {
      const [validation, optimiser, training] = parts;
      const trainer = new Trainer(config, work, model, training, validation, optimiser, record, data, origin, plan);
      if (saved) {
        model.parameters.load(saved.arrays);
        model.parameters.load(saved.arrays, optimiser.m, 'optimizer.m.');
        model.parameters.load(saved.arrays, optimiser.v, 'optimizer.v.');
        trainer.done = saved.step;
        trainer.stage = saved.stage;
        trainer.stageStep = saved.stageStep;
        trainer.plateau = saved.plateau;
        trainer.history = saved.history;
      } else model.parameters.load(weights ?? initialValues(config, model.blueprint));
      return trainer;
    } catch (error) {
      for (const part of [...parts, model]) part.release();
      throw error;
    }
  }

  get facts(): ModelFacts {
    return factsOf(this.model.blueprint, this.work, 'training', this.plan.bytes.total);
  }

  get progress(): TrainProgress {
    const { config, stage, stageStep } = this;
    return { step: this.done, stage, stageStep, ...derivedProgress(config, stage) };
  }

  /** Expected text tokens still to be read in training, if no stage ends early. */
  get tokensLeft(): number {
    const { config } = this;
    return config.stages.reduce((sum, segments, stage) => {
      const steps =
        stepsOf(config, stage) -
        (stage < this.stage ? stepsOf(config, stage) : stage === this.stage ? this.stageStep : 0);
      const average = averageSegments(config.segments_drawn, segments);
      return sum + steps * average * config.batch_size * config.segment_size;
    }, 0);
  }

  get finished(): boolean {
    return this.stage >= this.config.stages.length;
  }

  /**
   * One turn: a step, the validation if one is due, and the next stage if this one is over. Resolves when the step is
   * submitted (or validated); its results arrive later.
   * @param watches whether the validation comes with a reading of one document
   */
  turn(watches = false): Promise<TurnReport> {
    return this.exclusive(async () => {
      const { report } = await this.step();
      const { progress } = this;
      const due = progress.stageStep % this.config.validate_every === 0 || progress.stageStep === progress.stageSteps;
      // Do not validate a model whose numbers are no longer finite.
      if (due) await report;
      if (!due) {
        this.advance();
        return { report, progress };
      }
      const validation = await this.validate();
      const watched = watches ? await this.watch() : undefined;
      this.advance(validation);
      return { report, progress, validation, ...(watched ? { watched } : {}) };
    });
  }

  /** The validation of a model that has not been trained. The schedule does not depend on it. */
  beginning(): Promise<Pick<TurnReport, 'progress'> & { readonly validation: ValidationReport }> {
    return this.exclusive(async () => ({ progress: this.progress, validation: await this.validate() }));
  }

  /** The document as that model reads it: after the validation, which needs fewer kernels. */
  watchBeginning(): Promise<Pick<TurnReport, 'progress'> & { readonly reading: WatchedReport }> {
    return this.exclusive(async () => ({ progress: this.progress, reading: await this.watch() }));
  }

  private async watch(): Promise<WatchedReport> {
    try {
      this.document ??= await WatchedDocument.create(this.model, this.work, this.config);
      return await this.document.read();
    } catch (error) {
      // Training needs none of it. Without a device, the next step reports that.
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** One operation at a time, so that a checkpoint is never taken in the middle of a turn. */
  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => {});
    return result;
  }

  /** Training programs are recorded for one memory noise: another stage may need others. */
  private async recordAgain(): Promise<void> {
    const { config, model, stage } = this;
    await this.latest;
    this.training.release();
    this.training = await BpttTrainer.start(model, trainingOptions(config, stage));
  }

  /** Submit one optimiser step on a new batch. */
  private async step(): Promise<{ readonly report: Promise<StepReport> }> {
    const { config, model, optimiser } = this;
    // In a checkpoint at the end of a stage, the next one has begun already.
    if (
      this.stageStep === 0 &&
      config.memory_noise > 0 &&
      this.stage + 1 === config.memory_noise_stage &&
      this.done > 0
    )
      await this.recordAgain();
    const most = this.progress.segments;
    const { segments, samples } = trainingBatch(this.work, config, this.done, most);
    const batch = batchOf(samples, model.blueprint, config.loss, config.loss_words === 'all');
    const isLast = this.stage === config.stages.length - 1;
    const scheduled = learningRate(config, this.stageStep + 1, stepsOf(config, this.stage), isLast);
    const rate = plateauRate(config, scheduled, this.plateau);
    optimiser.set(this.stageStep + 1, {
      learningRate: rate,
      beta1: config.adam_beta1,
      beta2: config.adam_beta2,
      epsilon: config.adam_epsilon,
      weightDecay: config.weight_decay,
      clipNorm: config.clip_norm,
      clipValue: config.clip_value,
    });
    const { trained } = await this.training.submit(
      batch,
      mixSeed(config.seed, STREAM.dropout, this.done),
      (encoder) => {
        // The official rule: every stage starts with a fresh optimiser.
        if (this.stageStep === 0) optimiser.reset(encoder);
        optimiser.encode(encoder);
      },
      [optimiser.norm],
    );
    this.done++;
    this.stageStep++;
    // Chained, so that of two failed steps the first is reported.
    const known = { config, segments, learningRate: rate };
    const report = this.reportOf(this.latest, trained, this.done, this.stage, known);
    this.latest = report;
    // Avoid an unhandled rejection when nobody awaits this yet.
    report.catch(() => {});
    return { report };
  }

  /** @throws Error if the loss or the gradient is not finite */
  private async reportOf(
    before: Promise<unknown>,
    trained: Promise<BatchOutcome>,
    step: number,
    stage: number,
    known: Pick<StepResult, 'config' | 'segments' | 'learningRate'>,
  ): Promise<StepReport> {
    await before;
    const { result: batch, also } = await trained;
    const gradientNorm = also[0]?.[0] ?? Number.NaN;
    if (!Number.isFinite(batch.loss) || !Number.isFinite(gradientNorm))
      throw new Error(
        `train: the loss is ${batch.loss} and the gradient's norm ${gradientNorm} at step ${step} (expected finite numbers; try a lower learning rate or clip_norm)`,
      );
    const guess = Math.log(this.model.blueprint.shape.classes);
    this.history = lossAfter(this.history, { step, loss: batch.loss, stage, guess });
    return { ...known, batch, gradientNorm, suspicions: suspicionsOf({ loss: this.history }) };
  }

  /** Accuracy and loss on held-out samples, at the stage's number of segments; always the same samples. */
  private async validate(): Promise<ValidationReport> {
    const { config, validation, model } = this;
    const { segments } = this.progress;
    const random = validationRandom(config, segments);
    let last: Sums = noSums;
    const examples: Example[] = [];
    const look: Look = (...judged) => {
      if (examples.length === 0) examples.push(...examplesOf(...judged, this.work, model.blueprint));
    };
    const options = { count: config.validate_samples, look };
    for await (const sums of evaluateSamples(validation, model, this.work, random, segments, options)) last = sums;
    const { samples, whole } = last;
    const { right, asked, loss, commonest, suspicions } = figuresOf(last);
    return {
      segments,
      samples,
      accuracy: right / asked,
      whole: whole / samples,
      loss,
      commonest: commonest / asked,
      suspicions,
      examples,
    };
  }

  /** Go to the next stage if this one has had all its steps, or has reached the accuracy threshold. */
  private advance(validated?: ValidationReport): void {
    if (validated) this.plateau = plateauAfter(this.plateau, validated.loss, this.config.plateau_patience);
    const { stageStep, stageSteps } = this.progress;
    const until = this.config.stage_until;
    if (stageStep < stageSteps && !(until > 0 && validated && validated.accuracy >= until)) return;
    this.stage++;
    this.stageStep = 0;
    this.plateau = noPlateau;
  }

  /** Everything needed to resume bit for bit, and to use the model. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    return this.exclusive(async () => {
      // The history of the loss reaches as far as the weights.
      await this.latest;
      const { model, optimiser, work } = this;
      const description = {
        blueprint: model.blueprint,
        ...writtenVocabulary(work.vocabulary),
        task: this.record,
        training: {
          config: this.config,
          progress: {
            step: this.done,
            stage: this.stage,
            stageStep: this.stageStep,
            ...(this.config.schedule === 'plateau' ? { plateau: this.plateau } : {}),
            ...(this.history ? { history: this.history } : {}),
          },
          ...(Object.keys(this.data).length > 0 || this.origin ? { data: this.data } : {}),
          ...(this.origin ? { origin: this.origin } : {}),
        },
      };
      const { bytes, tensors } = layoutCheckpoint(description, (name) =>
        trains(model.blueprint, this.config.trained, name),
      );
      const sources = [
        ['', model.parameters.flat],
        ['optimizer.m.', optimiser.m],
        ['optimizer.v.', optimiser.v],
      ] as const;
      await model.parameters.readInto(sources, (name) => tensors.get(name));
      // Nobody could open it, and it would take the place of one that is intact.
      checkLaidOut(tensors, this.done);
      return bytes;
    });
  }

  /** Release all resources after earlier operations have finished. */
  release(): Promise<void> {
    return this.exclusive(async () => {
      // Work in flight needs its buffers.
      await this.latest.catch(() => {});
      for (const part of [this.document, this.training, this.validation, this.optimiser, this.model]) part?.release();
    });
  }
}
