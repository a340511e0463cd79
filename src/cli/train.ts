// rmt train: a training run that writes its checkpoint and metrics to a folder.
import { suspicionsOf } from '../analysis/suspicion.ts';
import { InputError } from '../errors.ts';
import { defaults, type RunConfig } from '../experiment/config.ts';
import type { NamedBytes } from '../experiment/starting-model.ts';
import type { Materials, Report } from '../protocol/index.ts';
import { metricsJson, progressText } from '../train/metrics.ts';
import { missingData, openTraining } from '../train/resume.ts';
import { needed, type Options, options, printJson } from './arguments.ts';
import { configOf, configurationOptions } from './configuration.ts';
import type { OpenDevice } from './device.ts';
import { materialFiles, materialOptions, runMaterials, sayText } from './materials.ts';
import { duration, Progress } from './progress.ts';
import { RunFolder } from './run-folder.ts';
import { runSession } from './session.ts';
import { stoppedBySignals } from './signals.ts';
import { openStart, type StartingModel, startingConfigOf } from './starting.ts';
import { printMeans, runsOf, type SweptRun, stateOf, sweepOf, sweepOptions } from './sweep.ts';

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
    const { progress, segments, samples, accuracy, whole, loss, commonest } = event;
    return {
      type: 'validation',
      step: progress.step,
      stage: progress.stage + 1,
      segments,
      samples,
      accuracy,
      whole,
      loss,
      commonest,
    };
  }
  if (event.type === 'suspicions')
    return { type: 'suspicions', step: event.progress.step, suspicions: event.suspicions };
  return undefined;
}

const kinds = {
  ...configurationOptions,
  ...sweepOptions,
  tokenizer: 'text',
  out: 'text',
  resume: 'flag',
  from: 'text',
  ...materialOptions,
  json: 'flag',
} as const;
type Given = Options<typeof kinds>;

export async function train(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('train', words, kinds);
  const folder = needed('train', 'out', given.out);
  const inputs = [
    ...(given.config === undefined ? [] : [{ where: '--config', file: given.config }]),
    ...(given.from === undefined ? [] : [{ where: '--from', file: given.from }]),
    ...materialFiles(given),
  ];
  const sweep = sweepOf(given);
  // In a sweep, the runs that have not begun start from it.
  if (given.resume && given.from !== undefined && !sweep)
    throw new InputError(
      'train',
      'both --resume and --from',
      'one of them; a resumed run continues from its own checkpoint',
    );
  if (given.tokenizer !== undefined && ((given.resume && !sweep) || given.from !== undefined))
    throw new InputError(
      'train',
      `both --tokenizer and --${given.resume ? 'resume' : 'from'}`,
      'one of them; a checkpoint has its own tokenizer or words',
    );
  const start = given.from === undefined ? undefined : openStart(given.from);
  if (sweep) {
    const base = start ? startingConfigOf(given, start) : configOf('train', given);
    const materials = await runMaterials(given);
    return trainAll(runsOf(folder, base, sweep), { given, inputs, materials, start }, open);
  }
  // The configuration of a run to resume is in its folder, which must be locked to be read.
  const config = given.resume ? undefined : start ? startingConfigOf(given, start) : configOf('train', given);
  const materials = await runMaterials(given);
  const run = RunFolder.open(folder, given.resume, inputs);
  try {
    const inputs = { materials, ...(start ? { from: start.file } : {}), json: given.json };
    await trainIn(run, config ?? resumedConfig(run, given), inputs, open);
  } finally {
    run.close();
  }
}

interface ForAll {
  readonly given: Given;
  readonly inputs: Parameters<typeof RunFolder.open>[2];
  readonly materials: Materials;
  readonly start: StartingModel | undefined;
}

/** Train the runs of a sweep one after the other; with --resume, those that are finished are left, and one that was cut continues. */
async function trainAll(runs: readonly SweptRun[], all: ForAll, open: OpenDevice): Promise<void> {
  const { given, inputs, materials, start } = all;
  const states = runs.map(stateOf);
  const taken = runs.find((_, i) => states[i] !== 'new');
  // Before anything is trained.
  if (taken && !given.resume)
    throw new InputError(
      `train: --out ${taken.folder}`,
      'already contains a run',
      'a new folder, or --resume to continue this sweep',
    );
  for (const [i, run] of runs.entries()) {
    const state = states[i];
    const note = { new: '', begun: ', resumed', finished: ', finished before' }[state ?? 'new'];
    if (given.json)
      printJson({ type: 'run', run: run.name, folder: run.folder, number: i + 1, runs: runs.length, state });
    else process.stderr.write(`run ${i + 1} of ${runs.length}: ${run.name}${note}\n`);
    if (state === 'finished') continue;
    const folder = RunFolder.open(run.folder, state === 'begun', inputs);
    try {
      const from = start && state === 'new' ? { from: start.file } : {};
      const own = { preset: undefined, config: undefined, set: [] };
      const config = state === 'begun' ? resumedConfig(folder, { ...given, ...own }) : run.config;
      await trainIn(folder, config, { materials, ...from, json: given.json }, open);
    } finally {
      folder.close();
    }
  }
  printMeans(runs, given.json);
}

/** @throws InputError if a file that the run needs is not given again */
function resumedConfig(
  { resume }: RunFolder,
  given: Pick<Given, 'tokenizer' | keyof typeof configurationOptions | keyof typeof materialOptions>,
): RunConfig {
  if (!resume) throw new Error('train: nothing to resume (expected a checkpoint)');
  const opened = openTraining(resume);
  const missing = missingData(opened, given);
  if (missing)
    throw new InputError(
      'train: --resume',
      `no --${missing.role}`,
      `--${missing.role} with '${missing.name}' again, which the run was trained on`,
    );
  return configOf('train', given, opened.config);
}

/** Train in a folder until the run ends or a signal stops it. */
async function trainIn(
  run: RunFolder,
  config: RunConfig,
  { materials, from, json }: { readonly materials: Materials; readonly from?: NamedBytes; readonly json: boolean },
  open: OpenDevice,
): Promise<void> {
  const progress = new Progress(json);
  if (run.notice !== undefined) process.stderr.write(`${run.notice}\n`);
  const started = performance.now();
  let stage = -1;
  let isComplete = false;
  /** The kinds that were suspicious when this was last printed. */
  let suspected: ReadonlySet<string> = new Set();
  const { resume } = run;
  const on = (event: Report) => {
    const line = metric(event);
    if (line) {
      run.append(JSON.stringify(line));
      if (json) printJson(line);
    }
    if (event.type === 'reading') progress.show(event.share, `reading ${event.name}`);
    else if (event.type === 'train-begin') {
      run.beginMetrics(event.progress.step);
      sayText(event.text, json);
      suspected = new Set(suspicionsOf({ words: event.text }).map(({ kind }) => kind));
      if (json && event.text) printJson({ type: 'text', ...event.text });
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
        `step ${at.step} of ${at.steps}, ${progressText(event)}${remaining === undefined ? '' : `, ${duration(remaining)} left`}`,
      );
    } else if (event.type === 'validation')
      progress.print(
        `step ${event.progress.step}: ${(100 * event.accuracy).toFixed(1)} % of ${event.samples} correct at ${event.segments} segment${event.segments > 1 ? 's' : ''}, loss ${event.loss.toFixed(3)}`,
      );
    else if (event.type === 'suspicions') {
      for (const { kind, sentence } of event.suspicions)
        if (!suspected.has(kind)) progress.print(`step ${event.progress.step}: ${sentence}`);
      suspected = new Set(event.suspicions.map(({ kind }) => kind));
    } else if (event.type === 'checkpoint') run.save(event.bytes);
    else if (event.type === 'train-end') {
      progress.end();
      isComplete = event.finished;
      const summary = {
        type: 'end',
        step: event.progress.step,
        finished: event.finished,
        seconds: (performance.now() - started) / 1000,
        checkpoint: run.hasCheckpoint ? run.checkpointFile : null,
        suspicions: event.suspicions,
      };
      if (json) printJson(summary);
      else
        process.stdout.write(
          `${event.finished ? 'finished' : 'stopped'} after ${event.progress.step} steps, ${duration(summary.seconds * 1000)}: ${summary.checkpoint ?? 'nothing to save'}\n` +
            event.suspicions.map(({ sentence }) => `${sentence}\n`).join(''),
        );
    }
  };
  await stoppedBySignals(async (onStop) => {
    const request = {
      config,
      materials,
      ...(resume ? { resume } : {}),
      ...(from ? { from: { kind: 'checkpoint', ...from } as const } : {}),
    };
    await runSession(open, { kind: 'train', request }, on, { control: onStop });
    return { isComplete };
  });
}
