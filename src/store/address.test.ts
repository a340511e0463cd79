import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optNames } from '../analysis/flops.ts';
import { benchModes, benchShapeNames } from '../analysis/segment-flops.ts';
import { tensorPartNames } from '../analysis/tensor-parts.ts';
import { presetConfig, presets } from '../experiment/presets.ts';
import { catalogue, type ModelEntry, type ModelId } from '../models/catalogue.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import {
  configProblem,
  type Experiment,
  experimentDefaults,
  mostPositions,
  parseSegments,
  readAddress,
  views,
  writeAddress,
} from './address.ts';
import { insideSections } from './inside-settings.ts';

describe('an address', () => {
  it('is bare when nothing differs from the defaults', () => {
    expect(writeAddress(experimentDefaults)).toBe('#/stream');
    expect(readAddress('')).toEqual({ experiment: experimentDefaults, problems: [] });
  });

  it('contains only what differs, including the seed', () => {
    const config = { ...presetConfig('reasoning'), seed: 7, stages: [1, 2, 3] };
    const address = writeAddress({ ...experimentDefaults, view: 'train', preset: 'reasoning', config });
    expect(address).toContain('preset=reasoning');
    expect(address).toContain('seed=7');
    expect(address).toContain('stages=1,2,3');
    expect(address).not.toContain('hidden_size');
  });

  it('holds a sweep, and says what of one cannot be used', () => {
    const read = (query: string) => readAddress(`#/train?${query}`);
    expect(read('preset=copy&sweep.seed=1%E2%80%933,%207&sweep.model=rmt-gpt2,gpt2').experiment.train).toEqual({
      from: undefined,
      sweep: { seed: '1-3,7', model: 'rmt-gpt2,gpt2' },
      lengths: [],
      samples: 100,
    });
    expect(read('sweep.seed=1-x').problems).toEqual([expect.stringContaining('The link sets sweep.seed to "1-x".')]);
    expect(read('sweep.hue=1').problems).toEqual(['The link has an unknown setting "sweep.hue". It is ignored.']);
    const { experiment, problems } = read('preset=copy&sweep.model=rmt-gpt2,bert');
    expect(experiment.train.sweep).toEqual({});
    expect(problems).toEqual([expect.stringMatching(/^The values of this sweep do not work together\. /)]);
  });

  it('round-trips every experiment', () => {
    const setting = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    const experiments: fc.Arbitrary<Experiment> = fc.record({
      view: fc.constantFrom(...views),
      panel: fc.constant(undefined),
      preset: fc.constantFrom(...(Object.keys(presets) as (keyof typeof presets)[])),
      config: fc
        .record({
          learning_rate: fc.double({ min: 1e-8, max: 1, noNaN: true }),
          seed: fc.nat(),
          batch_size: fc.integer({ min: 1, max: 1024 }),
        })
        .map((part) => part as Partial<Experiment['config']> as Experiment['config']),
      train: fc.record({
        from: setting(fc.constantFrom('detect.safetensors', 'run:4x', 'hub:a/b@1')),
        sweep: fc.constantFrom({}, { seed: '1-5' }, { seed: '1,3,7', learning_rate: '0.001,1e-4' }),
        lengths: fc.array(fc.integer({ min: 1, max: 4096 }), { maxLength: 8 }),
        samples: fc.integer({ min: 1, max: 100_000 }),
      }),
      stream: fc.record({
        model: setting(fc.constantFrom('training', 'de&te=ct ü.safetensors')),
        task: setting(fc.constantFrom('memorize', 'detect')),
        segments: setting(fc.integer({ min: 1, max: 4096 })),
        seed: setting(fc.nat()),
        at: setting(fc.integer({ min: 1, max: 4096 })),
      }),
      learn: fc.record({
        scenes: setting(
          fc.array(
            fc.record({ address: fc.string().map((text) => `#/${text}`), title: fc.string(), caption: fc.string() }),
            { maxLength: 5 },
          ),
        ),
      }),
      evaluate: fc.record({
        model: setting(fc.constant('training')),
        also: fc.uniqueArray(fc.constantFrom('training', 'detect.safetensors', 'ü&=.safetensors'), { maxLength: 3 }),
        task: setting(fc.constant('reasoning')),
        segments: fc.array(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 20 }),
        samples: fc.integer({ min: 1, max: 100_000 }),
        seed: fc.nat(),
        generate: fc.boolean(),
      }),
      inside: fc.record({
        section: fc.constantFrom(...insideSections),
        layer: setting(fc.integer({ min: 1, max: 12 })),
        head: setting(fc.integer({ min: 1, max: 12 })),
        part: fc.constantFrom(...tensorPartNames),
        gradient: fc.boolean(),
      }),
      capacity: fc.record({
        task: fc.constantFrom('key-value', 'tracking'),
        vary: setting(fc.constant('moves')),
        values: setting(fc.array(fc.integer({ min: 1, max: 48 }), { minLength: 1, maxLength: 20 })),
        segments: fc.integer({ min: 1, max: 4096 }),
        samples: fc.integer({ min: 1, max: 100_000 }),
        seed: fc.nat(),
        model: setting(fc.constant('training')),
        train: fc.subarray(Object.keys(catalogue) as ModelId[]),
        memory: fc.array(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 20 }),
        trained: setting(fc.integer({ min: 1, max: 48 })),
        steps: setting(fc.integer({ min: 1, max: 10_000_000 })),
      }),
      bench: fc.record({
        shapes: setting(fc.subarray([...benchShapeNames], { minLength: 1 })),
        modes: fc.subarray([...benchModes], { minLength: 1 }),
        runs: setting(fc.integer({ min: 1, max: 1000 })),
        profile: fc.boolean(),
        half: fc.boolean(),
      }),
      compute: fc.record({
        sizes: fc.subarray([...optNames]),
        model: setting(fc.constant('detect.safetensors')),
        segment: setting(fc.integer({ min: 4, max: mostPositions })),
        longest: setting(fc.integer({ min: 4, max: mostPositions })),
        runs: setting(fc.integer({ min: 1, max: 1000 })),
        seconds: setting(fc.integer({ min: 1, max: 3600 })),
      }),
      runs: fc.record({
        compared: fc.uniqueArray(fc.stringMatching(/^[\w-]{1,64}$/), { maxLength: 16 }),
      }),
    });
    fc.assert(
      fc.property(experiments, (drawn) => {
        const experiment = { ...drawn, config: { ...presetConfig(drawn.preset), ...drawn.config } };
        expect(readAddress(writeAddress(experiment))).toEqual({ experiment, problems: [] });
      }),
    );
  });

  it('round-trips every valid pair of model and task, with the knobs of both', () => {
    let pairs = 0;
    for (const model of Object.keys(catalogue) as ModelId[])
      for (const task of Object.keys(tasks) as TaskId[]) {
        const own = { mem_len: 7, d_mem: 12, alphabet: '4', unit: 'bytes', segment_size: 32 } as const;
        const config = { ...experimentDefaults.config, model, task, ...own };
        if (configProblem(config)) continue;
        pairs++;
        const experiment: Experiment = { ...experimentDefaults, view: 'train', config };
        expect(readAddress(writeAddress(experiment))).toEqual({ experiment, problems: [] });
      }
    // Decoders handle all tasks, encoders those with a class as the answer.
    const entries: readonly ModelEntry[] = Object.values(catalogue);
    const decoders = entries.filter(({ answers }) => answers === 'tokens').length;
    const known: readonly Task[] = Object.values(tasks);
    const withClass = known.filter(({ kind }) => kind === 'classification').length;
    expect(pairs).toBe(decoders * known.length + (entries.length - decoders) * withClass);
    expect(pairs).toBeGreaterThan(100);
  });

  it('falls back completely if model and task do not fit', () => {
    const { experiment, problems } = readAddress('#/train?model=bert&task=copy&seed=5');
    expect(problems.join()).toContain('bert answers with a class, but copy');
    expect(experiment.config).toEqual({ ...experimentDefaults.config, seed: 5 });
  });

  it('names unknown settings in one message, however many', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `x${i}=${i}`).join('&');
    expect(readAddress(`#/train?${many}&seed=7`)).toMatchObject({
      experiment: { config: { seed: 7 } },
      problems: ['The link has 5,000 unknown settings, such as "x0", "x1", and "x2". They are ignored.'],
    });
    expect(readAddress('#/train?x=1&y=2').problems).toEqual([
      'The link has the unknown settings "x" and "y". They are ignored.',
    ]);
  });

  it('survives a program that cuts punctuation off the end of a link', () => {
    const ends: fc.Arbitrary<string> = fc
      .tuple(fc.string(), fc.stringMatching(/^[.,;:!?'"()*~_-]{1,3}$/))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(ends, (model) => {
        const experiment = { ...experimentDefaults, stream: { ...experimentDefaults.stream, model: `m${model}` } };
        const address = writeAddress(experiment);
        expect(address).toMatch(/[\w%]$/);
        expect(address).not.toMatch(/[.,;:!?'"()*~_-]$|['"()<>*]/);
        expect(readAddress(address)).toEqual({ experiment, problems: [] });
      }),
    );
  });

  it('leaves out a file of the user', () => {
    const stream = { ...experimentDefaults.stream, model: 'file:mine.safetensors' };
    expect(writeAddress({ ...experimentDefaults, stream })).toBe('#/stream');
  });

  it.each([
    ['#/train?learning_rate=abc', 'learning_rate'],
    ['#/train?seed=-1', 'seed'],
    ['#/train?stages=1,x', 'stages'],
    ['#/train?task=fly', 'task'],
    ['#/train?nonsense=1', 'nonsense'],
    ['#/train?preset=nonsense', 'preset'],
    ['#/train?hidden_size=63', 'hidden_size'],
    ['#/train?num_attention_heads=5', 'num_attention_heads'],
    ['#/train?__proto__=1', '__proto__'],
    ['#/stream?stream.segments=4097', 'stream.segments'],
    ['#/stream?stream.task=fly', 'stream.task'],
    ['#/train?model=fly', 'model'],
    ['#/extrapolate?eval.generate=yes', 'eval.generate'],
    ['#/extrapolate?eval.segments=1,,2', 'eval.segments'],
    ['#/runs?runs.compared=a,b!', 'runs.compared'],
    ['#/nowhere', 'view'],
  ])('%s names the key and falls back', (hash, key) => {
    const { experiment, problems } = readAddress(hash);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(key);
    expect({ ...experiment, view: 'stream' }).toEqual(experimentDefaults);
  });

  it('uses the valid values next to a broken one', () => {
    const { experiment } = readAddress('#/train?learning_rate=abc&seed=5&hidden_size=63');
    expect(experiment.config.seed).toBe(5);
    expect(experiment.config.hidden_size).toBe(experimentDefaults.config.hidden_size);
  });
});

it('parses a list of segments as typed', () => {
  expect(parseSegments('4, 1,2,2')).toEqual([1, 2, 4]);
  for (const text of ['', '0', '1,', 'x', '4097', '1.5']) expect(parseSegments(text)).toBeUndefined();
});
