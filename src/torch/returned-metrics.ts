// The metrics of a returned run: one line for each step and validation, without gaps.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import { allMetrics, type StepMetrics, type ValidationMetrics } from '../train/metrics.ts';
import { derivedProgress, type TrainProgress } from '../train/progress.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const place = {
  step: v.pipe(count, v.minValue(1)),
  stage: v.pipe(count, v.minValue(1)),
  segments: v.pipe(count, v.minValue(1)),
};
const numbers = Object.fromEntries(allMetrics.map(({ json }) => [json, v.number()]));
const lineSchema = v.variant('type', [
  v.object({ type: v.literal('step'), ...place, ...numbers }),
  v.object({
    type: v.literal('validation'),
    ...place,
    samples: count,
    accuracy: v.number(),
    whole: v.number(),
    loss: v.number(),
    commonest: v.number(),
  }),
  v.object({ type: v.literal('suspicions'), step: count }),
]);

export interface ReturnedStep extends StepMetrics {
  readonly progress: TrainProgress;
  readonly batchSegments: number;
}
export interface ReturnedValidation extends ValidationMetrics {
  readonly progress: TrainProgress;
}

export interface ReturnedMetrics {
  readonly steps: readonly ReturnedStep[];
  readonly validations: readonly ReturnedValidation[];
  /** The lines up to the checkpoint's step, each with its end. */
  readonly text: string;
}

const advice = 'or import checkpoint.safetensors alone';

/**
 * Read the lines up to the checkpoint's step.
 * @param text  of metrics.jsonl; its last line may have been cut off
 * @param last  the checkpoint's step
 * @throws InputError if a line is something else, or a step has none
 */
export function readReturnedMetrics(text: string, where: string, config: RunConfig, last: number): ReturnedMetrics {
  const steps: ReturnedStep[] = [];
  const validations: ReturnedValidation[] = [];
  const kept: string[] = [];
  const lines = text.split('\n').slice(0, -1);
  for (const [k, line] of lines.entries()) {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw new InputError(where, `line ${k + 1} is not JSON`, `one object a line; put it back, ${advice}`);
    }
    const { success, output } = v.safeParse(lineSchema, json);
    if (!success)
      throw new InputError(where, `line ${k + 1} is no step or validation`, `lines as train.py writes them, ${advice}`);
    if (output.step > last) continue;
    kept.push(`${line}\n`);
    if (output.type === 'suspicions') continue;
    const { step, segments } = output;
    const stage = Math.min(output.stage, config.stages.length) - 1;
    const progress = { step, stage, stageStep: 0, ...derivedProgress(config, stage) };
    if (output.type === 'validation') validations.push({ ...output, progress });
    else {
      const before = steps.at(-1)?.progress.step ?? step - 1;
      if (step !== before + 1)
        throw new InputError(
          where,
          step > before + 1 ? `no line for step ${before + 1}` : `step ${step} after step ${before}`,
          `one line for each step; put them back in order, ${advice}`,
        );
      const values: Readonly<Record<string, unknown>> = output;
      const metrics = Object.fromEntries(allMetrics.map(({ key, json: name }) => [key, values[name]]));
      steps.push({ ...(metrics as unknown as StepMetrics), progress, batchSegments: segments });
    }
  }
  const end = steps.at(-1)?.progress.step;
  if (end !== undefined && end < last)
    throw new InputError(where, `no line for step ${end + 1}`, `lines up to step ${last}, the checkpoint's; ${advice}`);
  return { steps, validations, text: kept.join('') };
}
