// The session with decoders and tasks that ask for a text: training, resuming to the bit, evaluating, streaming, generating.
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { bytesSource } from '../io/text-source.ts';
import { readCheckpoint } from '../models/checkpoint.ts';
import type { Materials } from '../protocol/index.ts';
import { Desk, type Job, last, ofType, story } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';

useSimpleKernels();

const tiny = parseConfig({
  task: 'copy',
  model: 'rmt-gpt2',
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_mem_tokens: 2,
  segment_size: 6,
  stages: [1, 3],
  stage_steps: [4],
  batch_size: 4,
  learning_rate: 0.01,
  schedule: 'plateau',
  plateau_patience: 0,
  validate_every: 2,
  validate_samples: 8,
});
type Start = Job<'train'>;
const start = (config: Partial<RunConfig> = {}, more: Partial<Start> = {}): Start => ({
  kind: 'train',
  config: { ...tiny, ...config },
  ...more,
});
const file = (bytes: Uint8Array<ArrayBuffer>) => ({ kind: 'checkpoint', name: 'run.safetensors', bytes }) as const;

/** A text as the command line or the page would open it. */
const text = (content: string | Uint8Array, name = 'book.txt') =>
  bytesSource(name, typeof content === 'string' ? new TextEncoder().encode(content) : content);

/** The checkpoint of a completed run; each configuration is run once. */
const runs = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
function trained(config: Partial<RunConfig> = {}, materials: Materials = {}): Promise<Uint8Array<ArrayBuffer>> {
  const key = JSON.stringify([config, Object.keys(materials)]);
  const run =
    runs.get(key) ??
    new Desk().run(start(config, { materials })).then((events) => last(ofType(events, 'checkpoint')).bytes);
  runs.set(key, run);
  return run;
}

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('a run of a decoder', () => {
  it('reports the accuracy of the answer’s words, and of whole answers', async () => {
    const events = await new Desk().run(start());
    expect(story(events)).toMatch(
      /^train-begin validation examples (train-step (validation )?)+(checkpoint )?.*train-end$/,
    );
    const [begin] = ofType(events, 'train-begin');
    expect(begin?.model).toMatchObject({
      answers: 'tokens',
      kind: 'RMT, decoder',
      memTokens: 2,
      positions: 10,
      front: 2,
    });
    expect(begin?.model.classes).toEqual([]);
    for (const { accuracy, whole, loss, segments } of ofType(events, 'validation')) {
      expect(whole).toBeLessThanOrEqual(accuracy);
      expect(loss).toBeGreaterThan(0);
      // Two thirds of the inputs' symbols are scored, in eight samples.
      const asked = 8 * 4 * segments;
      expect(Number.isInteger(Math.round(accuracy * asked * 1e6) / 1e6)).toBe(true);
    }
  });

  it('halves the rate on a plateau, and restarts in each stage', async () => {
    // A rate so small that no loss falls by a fraction of 1e-4.
    const events = await new Desk().run(start({ learning_rate: 1e-7, warmup_ratio: 0, stage_steps: [6] }));
    const rates = ofType(events, 'train-step').map(({ learningRate }) => learningRate / 1e-7);
    const expected = [1, 1, 1, 1, 0.5, 0.5, 1, 1, 1, 1, 0.5, 0.5];
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(expected[i] as number, 12);
    });
  });

  it('resumes after any step to the same bits, plateau included', async () => {
    const config = { learning_rate: 1e-7, stage_steps: [6] };
    const want = await trained(config);
    const desk = new Desk();
    await desk.ask(start(config, { paused: true }), 'train-paused');
    for (let i = 0; i < 5; i++) await desk.ask({ type: 'step', of: 'train' }, 'train-paused');
    const { bytes } = await desk.ask({ type: 'checkpoint', of: 'train' }, 'checkpoint');
    await desk.run({ type: 'stop', of: 'train' });
    const events = await new Desk().run(start(config, { resume: { name: 'half', bytes } }));
    expect(last(ofType(events, 'checkpoint')).bytes).toEqual(want);
  });

  it.each(['gpt2', 'transformer-xl', 'rmt-transformer-xl', 'armt-gpt2'] as const)(
    'works for %s, the same twice to the bit',
    async (model) => {
      const config = { model, stages: [2], stage_steps: [3], mem_len: 2, d_mem: 4 };
      const [one, two] = [await trained(config), await trained({ ...config, seed: tiny.seed })];
      expect(two).toEqual(one);
      expect(readCheckpoint(one, model).blueprint.config.model_type).toBe(model);
    },
  );

  it('answers a class task with the class’s word', async () => {
    const config = { task: 'memorize', segment_size: 11, stages: [1], stage_steps: [2], noise_words: 10 } as const;
    const bytes = await trained(config);
    const desk = new Desk();
    const events = await desk.run({
      kind: 'evaluate',
      model: file(bytes),
      segments: [1, 2],
      samples: 6,
      seed: 1,
    });
    for (const { asked, samples, right, f1 = Number.NaN } of ofType(events, 'evaluate-point')) {
      expect(asked).toBe(samples);
      // Macro F1 is 1 if every answer is right, 0 if none is, and in between otherwise.
      expect([f1 >= 0, f1 <= 1, f1 === 1, f1 === 0]).toEqual([true, true, right === asked, right === 0]);
    }
    const streamed = await desk.run({
      kind: 'stream',
      model: file(bytes),
      segments: 2,
      seed: 1,
      attention: true,
    });
    const segment = last(ofType(streamed, 'stream-segment'));
    expect(segment.probabilities).toHaveLength(6);
    expect(segment.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(last(ofType(streamed, 'stream-end'))).toMatchObject({ asked: 1, finished: true });
  });

  it('truncates BPTT and scores every word, if configured', async () => {
    const gradient = async (config: Partial<RunConfig>) => {
      const events = await new Desk().run(start({ stages: [3], stage_steps: [1], segments_drawn: 'fixed', ...config }));
      const [step] = ofType(events, 'train-step');
      return step ?? expect.fail('no step');
    };
    const [whole, none, all] = [
      await gradient({}),
      await gradient({ bptt_depth: 0 }),
      await gradient({ loss_words: 'all' }),
    ];
    expect(none.loss).toBe(whole.loss);
    expect(none.gradientNorm).not.toBe(whole.gradientNorm);
    expect(all.loss).not.toBe(whole.loss);
  });
});

describe('evaluation', () => {
  it('counts words, whole answers, and answers that the model generates itself', async () => {
    const bytes = await trained();
    const events = await new Desk().run({
      kind: 'evaluate',
      model: file(bytes),
      segments: [1, 3],
      samples: 10,
      seed: 2,
      generate: true,
    });
    for (const point of ofType(events, 'evaluate-point')) {
      expect(point.asked).toBe(point.samples * 4 * point.segments);
      expect(point.right).toBeLessThanOrEqual(point.asked);
      // An answer that is right word by word, given the correct words before, is also generated correctly.
      expect(point.generated).toBeGreaterThanOrEqual(point.whole);
      expect(point.positions).toBeUndefined();
    }
  });
});

describe('a stream', () => {
  it('reports a prediction for each word', async () => {
    const bytes = await trained();
    const events = await new Desk().run({
      kind: 'stream',
      model: file(bytes),
      segments: 3,
      seed: 4,
      attention: true,
    });
    const segments = ofType(events, 'stream-segment');
    expect(segments).toHaveLength(3);
    segments.forEach(({ words, guesses = [], write, read, memory, probabilities }, n) => {
      expect(words).toHaveLength(6);
      expect(guesses).toHaveLength(6);
      expect(guesses[0]?.word === '').toBe(n === 0);
      for (const { probability } of guesses.slice(n === 0 ? 1 : 0)) expect(probability).toBeGreaterThan(0);
      // One layer, two heads; two memory tokens among ten positions.
      expect(write).toHaveLength(2 * 2 * 10);
      expect(read).toHaveLength(2 * 10 * 2);
      expect(memory).toHaveLength(2 * 8);
      expect(probabilities).toHaveLength(0);
      for (let row = 0; row < 4; row++)
        expect(write?.slice(row * 10, (row + 1) * 10).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    });
    const end = last(ofType(events, 'stream-end'));
    expect(end.asked).toBe(12);
    expect(end.expected).toHaveLength(12);
    expect(end.answer).toBe(`${end.right} of 12`);
    // The last word is only predicted: it follows the last segment.
    expect(segments.map(({ behind }) => behind?.word)).toEqual([undefined, undefined, end.expected.at(-1)]);
    expect(segments.at(-1)?.behind?.guess.probability).toBeGreaterThan(0);
  });

  it('of Transformer-XL reports the attention to the cache, and its contents', async () => {
    const config = { model: 'transformer-xl', stages: [2], stage_steps: [3], mem_len: 2, d_mem: 4 } as const;
    const events = await new Desk().run({
      kind: 'stream',
      model: file(await trained(config)),
      segments: 2,
      seed: 4,
      attention: true,
    });
    const [begin] = ofType(events, 'stream-begin');
    expect(begin?.model.looks).toEqual({ read: { rows: 6, columns: 2 } });
    const [first, second] = ofType(events, 'stream-segment');
    expect(first?.read?.every((weight) => weight === 0)).toBe(true);
    expect(second?.read?.some((weight) => weight > 0)).toBe(true);
    expect(second?.write).toBeUndefined();
    expect(second?.memory).toHaveLength(2 * 8);
  });
});

describe('generation', () => {
  const write = (bytes: Uint8Array<ArrayBuffer>, more: object = {}) =>
    ({ kind: 'generate', model: file(bytes), words: 5, temperature: 0, seed: 1, ...more }) as const;

  it('continues a task’s sample across segment borders', async () => {
    const bytes = await trained();
    const events = await new Desk().run(write(bytes, { segments: 3, seed: 3 }));
    const [begin] = ofType(events, 'generate-begin');
    expect(begin?.prompt).toHaveLength(7);
    expect(begin?.expected).toHaveLength(12);
    const words = ofType(events, 'generate-word');
    expect(words).toHaveLength(12);
    // Words 7 to 18 of the sample: in the second and third segment of six.
    expect(words.map(({ segments }) => segments)).toEqual([2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
  });

  it('continues a prompt; the same seed gives the same text, another seed another', async () => {
    const bytes = await trained();
    const writes = async (seed: number) => {
      const command = write(bytes, { prompt: 'ab', temperature: 3, seed, words: 8 });
      return ofType(await new Desk().run(command), 'generate-word').map(({ word }) => word);
    };
    const [one, again, other] = [await writes(1), await writes(1), await writes(2)];
    expect(one).toHaveLength(8);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('is refused for a classifier, and for a prompt with unknown characters', async () => {
    const decoder = await trained();
    const classifier = await trained({ ...parseConfig({ task: 'memorize' }), ...{ segment_size: 11 }, ...small });
    const refusal = async (command: Job) => last(ofType(await new Desk().run(command), 'failed'));
    expect(await refusal(write(classifier))).toMatchObject({
      during: 'generate',
      status: 2,
      message: 'checkpoint run.safetensors: rmt-bert answers with a class (expected a decoder)',
    });
    expect(await refusal(write(decoder, { prompt: 'aZ' }))).toMatchObject({
      message: "prompt: 'Z' (expected characters of the model’s vocabulary)",
    });
    expect(await refusal(write(decoder, { prompt: ' ' }))).toMatchObject({ status: 2 });
    expect(
      await refusal({
        kind: 'evaluate',
        model: file(classifier),
        task: 'copy',
        segments: [1],
        samples: 1,
        seed: 1,
      }),
    ).toMatchObject({
      message:
        'checkpoint run.safetensors: rmt-bert answers with a class, but copy asks for a text (expected a decoder)',
    });
  });
});

const small = {
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_mem_tokens: 2,
  noise_words: 10,
  batch_size: 4,
  validate_samples: 8,
  stages: [1],
  stage_steps: [2],
} as const;

describe('language modelling', () => {
  const tale = 'the cat sat on the mat and the dog sat on the log . '.repeat(40);
  const config = { task: 'language', segment_size: 4, stages: [2], stage_steps: [3] } as const;

  it('reads a user’s text, reports progress, and evaluates on the text', async () => {
    const materials = { text: text(tale) };
    const desk = new Desk();
    const events = await desk.run(start({ ...config, unit: 'words' }, { materials }));
    const shares = ofType(events, 'reading').map(({ share }) => share);
    expect(last(shares)).toBeCloseTo(1, 6);
    const { bytes } = last(ofType(events, 'checkpoint'));
    const { vocabulary, task } = readCheckpoint(bytes, 'words');
    expect(vocabulary).toEqual(expect.arrayContaining(['the', 'cat', 'mat', '.']));
    expect(task).toMatchObject({ id: 'language', knobs: { unit: 'words' }, file: 'book.txt' });
    const evaluation = { kind: 'evaluate', model: file(bytes), segments: [2], samples: 4, seed: 1 } as const;
    const evaluated = await desk.run({ ...evaluation, materials });
    expect(last(ofType(evaluated, 'evaluate-begin')).unit).toBe('words');
    const point = last(ofType(evaluated, 'evaluate-point'));
    expect(point.positions).toHaveLength(8);
    const mean = [...(point.positions ?? [])].reduce((a, b) => a + b, 0) / 8;
    expect(point.loss).toBeCloseTo(mean, 4);
    // Without the text it is refused; in another text, words outside the model's vocabulary are [UNK].
    expect(last(ofType(await desk.run(evaluation), 'failed')).message).toBe(
      "checkpoint run.safetensors: no file, but it was trained on 'book.txt' (expected that file)",
    );
    const other = { text: text('zebras sat on the dog . '.repeat(60), 'zoo.txt') };
    const elsewhere = await desk.run({ ...evaluation, materials: other });
    expect(ofType(elsewhere, 'failed')).toEqual([]);
    expect(ofType(elsewhere, 'evaluate-end')).toHaveLength(1);
  });

  it('uses the built-in stories in characters too', async () => {
    const bytes = await trained({ ...config, unit: 'characters' });
    const events = await new Desk().run({
      kind: 'generate',
      model: file(bytes),
      words: 6,
      temperature: 1,
      seed: 1,
    });
    expect(ofType(events, 'generate-word')).toHaveLength(6);
    for (const { word } of ofType(events, 'generate-word'))
      expect([...word].length === 1 || word.startsWith('[')).toBe(true);
  });

  it.each<[string, Uint8Array | string, RegExp]>([
    ['an empty file', '', /^book\.txt: /],
    ['one that is not UTF-8', Uint8Array.of(104, 105, 32, 0xff, 0xfe, 32, 104), /^book\.txt: .*3/],
    ['one of a few words', 'only these', /^book\.txt: /],
  ])('refuses %s before a step is taken', async (_, content, message) => {
    const events = await new Desk().run(start({ ...config, unit: 'words' }, { materials: { text: text(content) } }));
    expect(ofType(events, 'train-step')).toEqual([]);
    const failed = last(ofType(events, 'failed'));
    expect(failed).toMatchObject({ during: 'train', status: 2 });
    expect(failed.message).toMatch(message);
  });

  it('refuses a text for a task that takes none', async () => {
    const events = await new Desk().run(start({}, { materials: { text: text(tale) } }));
    expect(last(ofType(events, 'failed'))).toMatchObject({
      status: 2,
      message: 'book.txt: a file for copy, which takes no file (expected another task, or no file)',
    });
  });
});

describe('documents', () => {
  const config = { task: 'documents', ...small, model: 'rmt-bert', segment_size: 16, stages: [2] } as const;
  const article = (id: number, words: string) =>
    `<article id="${id}" published-at="2017-01-01" title="Title ${id}"><p>${words}</p></article>`;
  const ids = Array.from({ length: 60 }, (_, id) => id);
  const articles = text(
    `<?xml version="1.0"?><articles>${ids.map((id) => article(id, id % 2 ? 'bad bad news' : 'good news &amp; fair')).join('')}</articles>`,
    'articles.xml',
  );
  const labels = text(
    `<articles>${ids.map((id) => `<article id="${id}" hyperpartisan="${id % 2 === 1}" />`).join('')}</articles>`,
    'truth.xml',
  );

  it('are built in, or read from the two files of Hyperpartisan', async () => {
    for (const materials of [{}, { articles, labels }]) {
      const events = await new Desk().run(start(config, { materials }));
      expect(ofType(events, 'failed')).toEqual([]);
      expect(last(ofType(events, 'train-end')).finished).toBe(true);
    }
  });

  it('need both files', async () => {
    const events = await new Desk().run(start(config, { materials: { articles } }));
    expect(last(ofType(events, 'failed')).message).toBe(
      'documents: only articles.xml (expected the articles and their labels)',
    );
  });
});
