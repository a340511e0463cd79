// The knobs as the page, the URL and the command line use them: what is accepted, and the messages for what is not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { catalogue, type ModelId } from '../models/catalogue.ts';
import { tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import {
  appliesTo,
  configDifference,
  defaults,
  type Knob,
  knobNames,
  knobs,
  parseConfig,
  parseKnob,
  type RunConfig,
  withEarlierKnobs,
} from './config.ts';
import { type PresetName, presetConfig, presets } from './presets.ts';

/** The message of the InputError that `work` throws; any other error fails. */
function refusal(work: () => unknown): string {
  try {
    const value = work();
    return expect.fail(`accepted: ${JSON.stringify(value)}`);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

const taskIds = Object.keys(tasks).join(', ');
const refused = (config: unknown) => refusal(() => parseConfig(config));

describe('the knobs', () => {
  it.each(knobNames)('%s: its default is valid, as a value and as text', (name) => {
    const { initial } = knobs[name];
    expect(parseKnob(name, initial)).toEqual(initial);
    expect(parseKnob(name, String(initial))).toEqual(initial);
    expect(defaults[name]).toEqual(initial);
  });

  it('form a valid configuration of defaults, which is what an empty input means', () => {
    expect(parseConfig({})).toEqual(defaults);
    expect(parseConfig(defaults)).toEqual(defaults);
    expect(configDifference(defaults)).toEqual({});
  });

  it.each(knobNames)('%s: is described, and its limits include the default', (name) => {
    const knob: Knob = knobs[name];
    expect(knob.label).toMatch(/^\S.*\S$/);
    expect(knob.help).toMatch(/\.$/);
    if (knob.kind === 'integer' || knob.kind === 'number') expect(knob.min).toBeLessThan(knob.max);
  });

  it.each(knobNames)('%s: accepts both its limits and nothing beyond', (name) => {
    const knob: Knob = knobs[name];
    if (knob.kind === 'choice') {
      for (const choice of knob.choices) expect(parseKnob(name, choice)).toBe(choice);
      expect(() => parseKnob(name, `${knob.choices[0]} `)).toThrow(InputError);
      return;
    }
    for (const limit of [knob.min, knob.max]) {
      const value = knob.kind === 'list' ? [limit] : limit;
      expect(parseKnob(name, limit)).toEqual(value);
      expect(parseKnob(name, String(limit))).toEqual(value);
    }
    const beyond = knob.kind === 'number' ? 1e-9 : 1;
    for (const value of [knob.min - beyond, knob.max + Math.max(beyond, knob.max * 1e-9)])
      expect(() => parseKnob(name, value), `${name} ${value}`).toThrow(InputError);
  });

  it('include every task', () => {
    expect(knobs.task.choices).toEqual(Object.keys(tasks));
  });
});

describe('presets', () => {
  it.each(Object.keys(presets) as PresetName[])('%s: is validated at least ten times', (name) => {
    const { stages, stage_steps, validate_every } = presetConfig(name);
    const steps = (stage: number) => stage_steps[Math.min(stage, stage_steps.length - 1)] ?? 0;
    const each = stages.map((_, stage) => Math.ceil(steps(stage) / validate_every));
    expect(each.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10);
  });

  it.each(Object.keys(presets) as PresetName[])('%s: is valid, and is the defaults with its overrides', (name) => {
    const { config: overrides, title, description } = presets[name];
    expect(title).not.toBe('');
    expect(description).toMatch(/\.$/);
    const config: Record<string, unknown> = presetConfig(name);
    expect(config).toEqual({ ...defaults, ...overrides, stage_steps: config['stage_steps'], stages: config['stages'] });
    for (const [knob, value] of Object.entries(overrides)) expect([config[knob]].flat()).toEqual([value].flat());
  });

  it('are refused under an unknown name', () => {
    const names = `one of ${Object.keys(presets).join(', ')}`;
    expect(refusal(() => presetConfig('nope'))).toBe(`preset: no preset 'nope' (expected ${names})`);
    expect(refusal(() => presetConfig('toString', 'train: --preset'))).toBe(
      `train: --preset: no preset 'toString' (expected ${names})`,
    );
    expect(refusal(() => presetConfig(''))).toBe(`preset: no preset '' (expected ${names})`);
  });
});

describe('a configuration saved before some knobs existed', () => {
  it('gets their earlier values, which may differ from the defaults of new runs', () => {
    const saved = withEarlierKnobs({ model: 'armt-gpt2', seed: 3 });
    expect(saved).toMatchObject({ key_norm: 'l2', relative_shift: 'distance', model: 'armt-gpt2', seed: 3 });
    expect([defaults.key_norm, defaults.relative_shift]).toEqual(['none', 'lm-rmt']);
    expect(withEarlierKnobs({ key_norm: 'none' })).toMatchObject({ key_norm: 'none' });
    // Knobs that every saved configuration has are not filled in.
    expect(saved).not.toHaveProperty('learning_rate');
  });
});

describe('an invalid value', () => {
  it.each<[config: Record<string, unknown>, message: string]>([
    // Numbers.
    [{ hidden_size: 3 }, 'config: hidden_size: 3 (expected a whole number from 4 to 4096)'],
    [{ hidden_size: 4.5 }, 'config: hidden_size: 4.5 (expected a whole number from 4 to 4096)'],
    [{ hidden_size: '8.5' }, 'config: hidden_size: "8.5" (expected a whole number from 4 to 4096)'],
    [{ hidden_size: 1e9 }, 'config: hidden_size: 1000000000 (expected a whole number from 4 to 4096)'],
    [{ hidden_size: 'wide' }, 'config: hidden_size: "wide" (expected a whole number from 4 to 4096)'],
    [{ hidden_size: '' }, 'config: hidden_size: "" (expected a whole number from 4 to 4096)'],
    [{ hidden_size: ' ' }, 'config: hidden_size: " " (expected a whole number from 4 to 4096)'],
    [{ hidden_size: null }, 'config: hidden_size: null (expected a whole number from 4 to 4096)'],
    [{ hidden_size: true }, 'config: hidden_size: true (expected a whole number from 4 to 4096)'],
    [{ hidden_size: [8] }, 'config: hidden_size: [8] (expected a whole number from 4 to 4096)'],
    [{ hidden_size: { d: 8 } }, 'config: hidden_size: an object (expected a whole number from 4 to 4096)'],
    [{ hidden_size: undefined }, 'config: hidden_size: undefined (expected a whole number from 4 to 4096)'],
    [{ seed: -1 }, 'config: seed: -1 (expected a whole number from 0 to 2147483647)'],
    [{ seed: '2147483648' }, 'config: seed: "2147483648" (expected a whole number from 0 to 2147483647)'],
    [{ learning_rate: 0 }, 'config: learning_rate: 0 (expected a number from 1e-8 to 1)'],
    [{ learning_rate: '1e3' }, 'config: learning_rate: "1e3" (expected a number from 1e-8 to 1)'],
    [{ learning_rate: 'NaN' }, 'config: learning_rate: "NaN" (expected a number from 1e-8 to 1)'],
    [{ learning_rate: 'Infinity' }, 'config: learning_rate: "Infinity" (expected a number from 1e-8 to 1)'],
    [{ hidden_dropout_prob: 1 }, 'config: hidden_dropout_prob: 1 (expected a number from 0 to 0.9)'],
    // Choices.
    [{ task: 'sleep' }, `config: task: "sleep" (expected one of ${taskIds})`],
    [{ task: 'Memorize' }, `config: task: "Memorize" (expected one of ${taskIds})`],
    [{ task: 'toString' }, `config: task: "toString" (expected one of ${taskIds})`],
    [{ task: 0 }, `config: task: 0 (expected one of ${taskIds})`],
    [{ task: ['memorize'] }, `config: task: ["memorize"] (expected one of ${taskIds})`],
    [{ loss: null }, 'config: loss: null (expected one of last, mean)'],
    // Lists.
    [{ stages: [] }, 'config: stages: [] (expected 1 to 64 whole numbers separated by commas)'],
    [{ stages: null }, 'config: stages: null (expected 1 to 64 whole numbers separated by commas)'],
    [{ stages: {} }, 'config: stages: an object (expected 1 to 64 whole numbers separated by commas)'],
    [{ stages: '' }, 'config: stages: "" (expected a whole number from 1 to 64)'],
    [{ stages: '1,2,' }, 'config: stages: "" (expected a whole number from 1 to 64)'],
    [{ stages: '1;2' }, 'config: stages: "1;2" (expected a whole number from 1 to 64)'],
    [{ stages: [1, 0] }, 'config: stages: 0 (expected a whole number from 1 to 64)'],
    [{ stages: [1, 2.5] }, 'config: stages: 2.5 (expected a whole number from 1 to 64)'],
    [{ stages: '1,65' }, 'config: stages: "65" (expected a whole number from 1 to 64)'],
    [{ stages: [[1]] }, 'config: stages: [1] (expected a whole number from 1 to 64)'],
    [{ stage_steps: 0 }, 'config: stage_steps: 0 (expected a whole number from 1 to 1000000)'],
    // Keys.
    [{ hiden_size: 8 }, `config: hiden_size: unknown key 'hiden_size' (expected hidden_size)`],
    [{ constructor: 8 }, `config: constructor: unknown key 'constructor' (expected one of ${knobNames.join(', ')})`],
    [
      JSON.parse('{"__proto__": 1}'),
      `config: __proto__: unknown key '__proto__' (expected one of ${knobNames.join(', ')})`,
    ],
    // Checks across knobs.
    [{ hidden_size: 7 }, 'config: hidden_size: 7 (expected a multiple of 4)'],
    [{ hidden_size: '30' }, 'config: hidden_size: 30 (expected a multiple of 4)'],
    [
      { hidden_size: 32, num_attention_heads: 3 },
      'config: num_attention_heads: 3 for hidden_size 32 (expected hidden_size / num_attention_heads to be a multiple of 4)',
    ],
    [
      { hidden_size: 24, num_attention_heads: 4 },
      'config: num_attention_heads: 4 for hidden_size 24 (expected hidden_size / num_attention_heads to be a multiple of 4)',
    ],
    [{ intermediate_size: 6 }, 'config: intermediate_size: 6 (expected a multiple of 4)'],
    [
      { task: 'memorize', segment_size: 10 },
      'config: segment_size: 10 (expected at least 11, which memorize needs for its facts and question)',
    ],
    [
      { task: 'reasoning', segment_size: 12 },
      `config: segment_size: 12 (expected at least ${tasks.reasoning.minimumSegmentSize}, which reasoning needs for its facts and question)`,
    ],
    [
      { stages: [1, 2, 3], stage_steps: [10, 20] },
      'config: stage_steps: 2 numbers (expected one number, or one for each of the 3 stages)',
    ],
    [
      { stages: 1, stage_steps: '10,20' },
      'config: stage_steps: 2 numbers (expected one number, or one for each of the 1 stages)',
    ],
  ])('%j', (config, message) => {
    expect(refused(config)).toBe(message);
  });

  it('may be a list that is too long', () => {
    expect(parseConfig({ stages: Array.from({ length: 64 }, () => 1) }).stages).toHaveLength(64);
    expect(refused({ stages: Array.from({ length: 65 }, () => 1) })).toMatch(
      /^config: stages: a list \(expected 1 to 64 whole/,
    );
  });

  it.each<[input: unknown, found: string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    [5, '5'],
    ['task=detect', 'task=detect'],
    [[], 'a list'],
    [[{ task: 'detect' }], 'a list'],
  ])('may be the whole configuration: %j', (input, found) => {
    expect(refused(input)).toBe(`config: ${found} (expected an object of knob names and values)`);
  });

  it('is reported with the place it came from', () => {
    expect(refusal(() => parseConfig({ seed: 'x' }, 'link'))).toMatch(/^link: seed: "x" \(expected /);
    expect(refusal(() => parseKnob('seed', 'x'))).toMatch(/^seed: "x" \(expected /);
    expect(refusal(() => parseKnob('sead', 1, 'train: --set sead'))).toMatch(/^train: --set sead: unknown key 'sead'/);
  });

  it('has a short message, however long it is', () => {
    expect(refused({ seed: 'x'.repeat(1e6) }).length).toBeLessThan(300);
    expect(refused({ stages: Array.from({ length: 1e5 }, () => 1) }).length).toBeLessThan(300);
  });
});

describe('a model and a task', () => {
  it('that do not fit together are refused with the reason', () => {
    expect(refused({ task: 'copy' })).toBe(
      'config: model: rmt-bert answers with a class, but copy asks for a text (expected a decoder: rmt-gpt2, gpt2, transformer-xl, rmt-transformer-xl, armt-gpt2)',
    );
    expect(refused({ task: 'language', model: 'armt-bert' })).toMatch(/^config: model: armt-bert answers /);
    // A decoder can answer a class as the next word.
    expect(parseConfig({ task: 'memorize', model: 'rmt-gpt2' }).model).toBe('rmt-gpt2');
  });

  it('have their own rules', () => {
    const text = { task: 'copy', model: 'armt-gpt2' };
    expect(refused({ ...text, num_mem_tokens: 0 })).toBe(
      'config: num_mem_tokens: 0 (expected at least 1: armt-gpt2 writes its memory with them)',
    );
    expect(refused({ ...text, d_mem: 6 })).toBe('config: d_mem: 6 (expected a multiple of 4)');
    expect(refused({ task: 'copy', model: 'transformer-xl', attention_probs_dropout_prob: 0.1 })).toBe(
      'config: attention_probs_dropout_prob: 0.1 (expected 0: the relative attention of transformer-xl has no dropout)',
    );
    expect(refused({ task: 'copy', model: 'transformer-xl', head_size: 6 })).toBe(
      'config: head_size: 6 (expected a multiple of 4, or 0)',
    );
    // An explicit head size makes the heads independent of the hidden size.
    const wide = { task: 'copy', model: 'transformer-xl', head_size: 16, num_attention_heads: 3 };
    expect(parseConfig(wide).head_size).toBe(16);
    expect(refused({ ...wide, head_size: 0 })).toMatch(/^config: num_attention_heads: 3 for hidden_size 32/);
  });

  it('decide which knobs apply', () => {
    const applying = (config: object) => knobNames.filter((name) => appliesTo(name, parseConfig(config)));
    expect(applying({})).toEqual(expect.arrayContaining(['num_mem_tokens', 'sampling', 'noise_words', 'loss']));
    for (const name of ['mem_len', 'd_mem', 'alphabet', 'loss_words', 'plateau_factor', 'unit'] as const)
      expect(applying({})).not.toContain(name);
    const xl = applying({ task: 'copy', model: 'transformer-xl', schedule: 'plateau' });
    expect(xl).toEqual(expect.arrayContaining(['mem_len', 'head_size', 'alphabet', 'loss_words', 'plateau_factor']));
    for (const name of ['num_mem_tokens', 'loss', 'noise_words', 'sampling'] as const) expect(xl).not.toContain(name);
    expect(applying({ task: 'language', model: 'gpt2' })).toEqual(expect.arrayContaining(['unit', 'vocabulary_words']));
  });
});

describe('text, as in a link or --set', () => {
  it('gives the same as values', () => {
    const text = {
      task: 'detect',
      hidden_size: '16',
      num_attention_heads: ' 2 ',
      learning_rate: '5e-3',
      stages: '1,2, 4',
      stage_steps: '20',
      seed: '0',
    };
    const values = {
      task: 'detect',
      hidden_size: 16,
      num_attention_heads: 2,
      learning_rate: 0.005,
      stages: [1, 2, 4],
      stage_steps: [20],
      seed: 0,
    };
    expect(parseConfig(text)).toEqual({ ...defaults, ...values });
    expect(parseConfig(text)).toEqual(parseConfig(values));
    expect(parseConfig({ stages: 3 }).stages).toEqual([3]);
    expect(parseConfig({ stages: ['1', '2'] }).stages).toEqual([1, 2]);
  });

  it('may break a checked relation that another knob repairs', () => {
    expect(parseConfig({ hidden_size: 12, num_attention_heads: 3 }).hidden_size).toBe(12);
    expect(parseConfig({ stages: [1, 2], stage_steps: [10, 20] }).stage_steps).toEqual([10, 20]);
  });
});

/** Any valid configuration. */
const anyConfig: fc.Arbitrary<RunConfig> = fc
  .record({
    values: fc.record(
      Object.fromEntries(
        knobNames.map((name): [string, fc.Arbitrary<unknown>] => {
          const knob: Knob = knobs[name];
          if (knob.kind === 'choice') return [name, fc.constantFrom(...knob.choices)];
          if (knob.kind === 'integer') return [name, fc.integer({ min: knob.min, max: knob.max })];
          if (knob.kind === 'number')
            return [name, fc.double({ min: knob.min, max: knob.max, noNaN: true }).map((value) => value + 0)];
          return [name, fc.array(fc.integer({ min: knob.min, max: knob.max }), { minLength: 1, maxLength: 64 })];
        }),
      ),
    ),
    heads: fc.integer({ min: 1, max: 64 }),
    headSize: fc.integer({ min: 1, max: 16 }),
    perStage: fc.boolean(),
  })
  .map(({ values, heads, headSize, perStage }) => {
    const stages = values['stages'] as number[];
    const steps = values['stage_steps'] as number[];
    const task: Task = tasks[values['task'] as RunConfig['task']];
    const { minimumSegmentSize } = task;
    const anyModel = values['model'] as ModelId;
    const isClassifier = catalogue[anyModel].answers === 'class';
    return {
      ...values,
      // Only a decoder writes text; these have no attention dropout, and an associative memory needs tokens.
      model: task.kind === 'generation' && isClassifier ? 'rmt-transformer-xl' : anyModel,
      attention_probs_dropout_prob: 0,
      num_mem_tokens: Math.max(1, values['num_mem_tokens'] as number),
      d_mem: 4 * Math.ceil((values['d_mem'] as number) / 4),
      head_size: 4 * Math.floor((values['head_size'] as number) / 4),
      num_attention_heads: heads,
      hidden_size: heads * headSize * 4,
      intermediate_size: 4 * Math.ceil((values['intermediate_size'] as number) / 4),
      segment_size: Math.max(minimumSegmentSize, values['segment_size'] as number),
      stage_steps: perStage ? stages.map((_, stage) => steps[stage % steps.length] as number) : steps.slice(0, 1),
    } as unknown as RunConfig;
  });

describe('configDifference', () => {
  it('lists everything that differs, so that a link gives the same run', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(parseConfig(config)).toEqual(config);
        const difference = configDifference(config);
        expect(parseConfig(difference)).toEqual(config);
        for (const [name, text] of Object.entries(difference))
          expect(text).not.toBe(String(defaults[name as keyof RunConfig]));
      }),
      { numRuns: 300 },
    );
  });

  it('survives a URL and JSON unchanged', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        const url = new URLSearchParams(configDifference(config)).toString();
        expect(parseConfig(Object.fromEntries(new URLSearchParams(url)))).toEqual(config);
        expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the difference from any other configuration', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, (config, from) => {
        const merged = { ...from, ...configDifference(config, from) };
        expect(parseConfig(merged)).toEqual(config);
        expect(configDifference(config, config)).toEqual({});
      }),
      { numRuns: 100 },
    );
  });
});
