// rmt train: a training run that writes its checkpoint and metrics to a folder.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { defaults, parseConfig, parseKnob, type RunConfig } from '../experiment/config.ts';
import { presetConfig, presets } from '../experiment/presets.ts';
import type { Report } from '../protocol/index.ts';
import { metricsJson, progressText } from '../train/metrics.ts';
import { configOfCheckpoint } from '../train/resume.ts';
import {
  appendLine,
  checkOutput,
  needed,
  options,
  printJson,
  readBytes,
  readJson,
  writeAtomically,
} from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf } from './materials.ts';
import { duration, Progress } from './progress.ts';
import { runSession } from './session.ts';

/** The configuration from a preset, a file or the checkpoint to resume, with the changes of `--set`. */
function configOf(
  preset: string | undefined,
  file: string | undefined,
  sets: readonly string[],
  saved: (() => RunConfig) | undefined,
): RunConfig {
  if (preset !== undefined && file !== undefined)
    throw new InputError('train', 'both --preset and --config', 'one of them');
  const base =
    preset !== undefined
      ? presetConfig(preset, 'train: --preset')
      : file !== undefined
        ? parseConfig(readJson('config', file), `config ${file}`)
        : saved?.();
  if (!base)
    throw new InputError(
      'train',
      'neither --preset nor --config',
      `one of them; presets: ${Object.keys(presets).join(', ')}`,
    );
  const values: Record<string, unknown> = { ...base };
  for (const set of sets) {
    const at = set.indexOf('=');
    if (at < 1) throw new InputError('train: --set', `'${set}'`, 'key=value');
    const key = set.slice(0, at);
    values[key] = parseKnob(key, set.slice(at + 1), `train: --set ${key}`);
  }
  return parseConfig(values, 'train');
}

/** One line of the metrics file: a JSON object with its step. */
function metric(event: Report): Record<string, unknown> | undefined {
  if (event.type === 'train-step') {
    const { progress, batchSegments } = event;
    return {
      type: 'step',
      step: progress.step,
      stage: progress.stage + 1,
      segments: batchSegments,
      ...metricsJson(event),
    };
  }
  if (event.type === 'validation') {
    const { progress, segments, samples, accuracy, whole, loss } = event;
    return {
      type: 'validation',
      step: progress.step,
      stage: progress.stage + 1,
      segments,
      samples,
      accuracy,
      whole,
      loss,
    };
  }
  return undefined;
}

/** The step of a metrics line; undefined if the line is truncated. */
function stepOf(line: string): number | undefined {
  try {
    return (JSON.parse(line) as { step?: number }).step;
  } catch {
    return undefined;
  }
}

/** The lines of an earlier run up to `step`; later ones will be written again. */
function metricsUpTo(file: string, step: number): string {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => (stepOf(line) ?? Number.POSITIVE_INFINITY) <= step)
    .map((line) => `${line}\n`)
    .join('');
}

export async function train(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('train', words, {
    preset: 'text',
    config: 'text',
    out: 'text',
    set: 'many',
    resume: 'flag',
    ...materialOptions,
    json: 'flag',
  });
  const folder = needed('train', 'out', given.out);
  const checkpointFile = join(folder, 'checkpoint.safetensors');
  const metricsFile = join(folder, 'metrics.jsonl');
  const resume = given.resume
    ? { name: checkpointFile, bytes: readBytes('train: --resume', checkpointFile) }
    : undefined;
  if (!resume && existsSync(checkpointFile))
    throw new InputError(
      `train: --out ${folder}`,
      'already contains a run',
      'a new folder, or --resume to continue that run',
    );
  for (const file of [checkpointFile, metricsFile]) checkOutput('train: --out', file);
  const config = configOf(
    given.preset,
    given.config,
    given.set,
    resume && (() => configOfCheckpoint(resume.bytes, resume.name)),
  );
  const materials = await materialsOf(given);
  const progress = new Progress(given.json);
  const started = performance.now();
  let stage = -1;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let stops = 0;
  let stop = () => {};
  // The first signal stops the run with a checkpoint; the second exits at once.
  const onSignal = () => {
    if (++stops > 1) process.exit(1);
    stop();
  };
  await runSession(
    open,
    { kind: 'train', request: { config, materials, ...(resume ? { resume } : {}) } },
    (event) => {
      const line = metric(event);
      if (line) {
        appendLine(metricsFile, JSON.stringify(line));
        if (given.json) printJson(line);
      }
      if (event.type === 'reading') progress.show(event.share, `reading ${event.name}`);
      else if (event.type === 'train-begin') {
        writeAtomically(metricsFile, resume ? metricsUpTo(metricsFile, event.progress.step) : '');
        const changed = Object.entries(config).filter(
          ([name, value]) => String(value) !== String(defaults[name as keyof RunConfig]),
        );
        progress.print(
          `${event.model.parameters.toLocaleString('en')} parameters, ${event.model.gpuBytes.toLocaleString('en')} GPU bytes; ${changed.map(([name, value]) => `${name}=${value}`).join(' ') || 'all defaults'}`,
        );
      } else if (event.type === 'train-step') {
        const { progress: at, remaining } = event;
        if (at.stage !== stage)
          progress.print(`stage ${at.stage + 1} of ${at.stages}: ${at.segments} segment${at.segments > 1 ? 's' : ''}`);
        stage = at.stage;
        progress.show(
          at.step / at.steps,
          `step ${at.step} of ${at.steps}, ${progressText(event)}, ${duration(remaining)} left`,
        );
      } else if (event.type === 'validation')
        progress.print(
          `step ${event.progress.step}: ${(100 * event.accuracy).toFixed(1)} % of ${event.samples} correct at ${event.segments} segment${event.segments > 1 ? 's' : ''}, loss ${event.loss.toFixed(3)}`,
        );
      else if (event.type === 'checkpoint') writeAtomically(checkpointFile, event.bytes);
      else if (event.type === 'train-end') {
        progress.end();
        const summary = {
          type: 'end',
          step: event.progress.step,
          finished: event.finished,
          seconds: (performance.now() - started) / 1000,
          checkpoint: existsSync(checkpointFile) ? checkpointFile : null,
        };
        if (given.json) printJson(summary);
        else
          process.stdout.write(
            `${event.finished ? 'finished' : 'stopped'} after ${event.progress.step} steps, ${duration(summary.seconds * 1000)}: ${summary.checkpoint ?? 'nothing to save'}\n`,
          );
      }
    },
    {
      control: (stopJob) => {
        stop = stopJob;
        for (const signal of signals) process.on(signal, onSignal);
      },
    },
  ).finally(() => {
    for (const signal of signals) process.off(signal, onSignal);
  });
}
