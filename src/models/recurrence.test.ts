// Ring 3: properties of the whole recurrence, on a model small enough for a software adapter.
import { describe, expect, it } from 'vitest';
import { AdamW, type AdamWSettings } from '../engine/adamw.ts';
import { Gpu } from '../engine/gpu/adapter.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { Random } from '../random.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { testGpu } from '../testing/gpu.ts';
import { blueprintOf } from './index.ts';
import { Model, memoryLooks, Recurrence, type RecurrenceOptions, type SegmentView } from './recurrence.ts';
import { segmentBatch } from './segments.ts';
import { classTargets } from './targets.ts';

const base = {
  model_type: 'rmt-bert',
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  vocab_size: 24,
  max_position_embeddings: 16,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  num_labels: 6,
  num_mem_tokens: 2,
  segment_size: 5,
  segment_alignment: 'right',
  pad_token_id: 0,
  cls_token_id: 1,
  sep_token_id: 2,
} as const;
type Config = { readonly [Field in keyof typeof base]: (typeof base)[Field] extends number ? number : unknown };
const dropping: Config = { ...base, hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };
const B = 4;
const settings: AdamWSettings = {
  learningRate: 5e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 1e-3,
  clipNorm: 1,
  clipValue: 0,
};

/** `count` sequences of random words, each of the given length. */
function texts(lengths: readonly number[], seed: number): number[][] {
  const random = new Random(seed);
  return lengths.map((length) => Array.from({ length }, () => 3 + random.int(base.vocab_size - 3)));
}

const batchOf = (
  sequences: readonly number[][],
  labels: readonly number[],
  config: Config = base,
  loss: 'last' | 'mean' = 'last',
) => classTargets(segmentBatch(sequences, blueprintOf(config, 'test').config), labels, loss);

/** A freshly initialised model with one recurrence, released when the work is done. */
async function having<T>(
  config: Config,
  options: Partial<RecurrenceOptions>,
  work: (recurrence: Recurrence, model: Model, gpu: Gpu) => Promise<T>,
  range = 0.02,
): Promise<T> {
  const gpu = await testGpu();
  const before = gpu.bytes;
  const model = await Model.create(gpu, blueprintOf(config, 'test'));
  model.parameters.initialise(new Random(1), range);
  const recurrence = await Recurrence.create(model, { batch: B, training: true, ...options });
  const result = await work(recurrence, model, gpu);
  recurrence.release();
  model.release();
  expect(gpu.bytes).toBe(before);
  return result;
}

/** Losses of some steps on one batch, with a new seed for the masks each step. */
async function losses(config: Config, options: Partial<RecurrenceOptions>, steps: number, seed: number) {
  return having(config, options, async (recurrence, model, gpu) => {
    const optimiser = await AdamW.create(gpu, model.parameters.flat, model.parameters.flatGradient);
    const batch = batchOf(texts([12, 9, 12, 3], 2), [0, 1, 2, 3], config);
    const seen: number[] = [];
    for (let step = 1; step <= steps; step++) {
      optimiser.set(step, settings);
      const then = (encoder: GPUCommandEncoder) => optimiser.encode(encoder);
      seen.push((await recurrence.train(batch, seed + step, then)).result.loss);
    }
    optimiser.release();
    return seen;
  });
}

/** Loss and all gradients of one batch. A larger initial range, so that every part has a say. */
function gradients(
  config: Config,
  options: Partial<RecurrenceOptions>,
  sequences: readonly number[][],
  loss: 'last' | 'mean' = 'last',
) {
  return having(
    config,
    options,
    async (recurrence, model) => {
      const labels = sequences.map((_, b) => b % config.num_labels);
      const { result } = await recurrence.train(batchOf(sequences, labels, config, loss), 77);
      return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
    },
    0.2,
  );
}

describe('training', () => {
  it('begins at a loss of ln(classes)', async () => {
    const [loss] = await losses(base, {}, 1, 0);
    expect(Math.abs((loss ?? Number.NaN) - Math.log(base.num_labels))).toBeLessThan(0.2);
  });

  it('overfits four samples whose first segment alone tells the answer', async () => {
    await having(
      base,
      {},
      async (recurrence, model, gpu) => {
        const optimiser = await AdamW.create(gpu, model.parameters.flat, model.parameters.flatGradient);
        // One word decides, five equal words of a second segment follow: the memory must carry it.
        const batch = batchOf(
          [3, 4, 5, 6].map((word) => [word, 10, 11, 12, 13, 14]),
          [5, 0, 3, 1],
        );
        expect(batch.segments).toHaveLength(2);
        let steps = 0;
        let loss = Number.POSITIVE_INFINITY;
        while (loss > 0.05 && steps < 200) {
          optimiser.set(++steps, settings);
          const { result } = await recurrence.train(batch, steps, (encoder) => optimiser.encode(encoder));
          loss = result.loss;
        }
        expect(loss).toBeLessThanOrEqual(0.05);
        expect(await recurrence.evaluate(batch)).toMatchObject({ right: 4, predicted: [5, 0, 3, 1] });
        optimiser.release();
      },
      0.2,
    );
  });

  it('gives the same losses for the same seed, to the bit, and others for another', async () => {
    const noisy = { memoryNoise: 0.1 };
    const first = await losses(dropping, noisy, 4, 10);
    expect(await losses(dropping, noisy, 4, 10)).toEqual(first);
    expect(await losses(dropping, noisy, 4, 20)).not.toEqual(first);
  });

  it.each([
    ['plainly', base, {}, 'last'],
    ['with the mean loss', base, {}, 'mean'],
    ['with dropout and memory noise', dropping, { memoryNoise: 0.1 }, 'last'],
  ] as const)('recomputes the gradients it would have kept, to the bit, %s', async (_how, config, options, loss) => {
    const sequences = texts([14, 5, 11, 6], 3);
    const kept = await gradients(config, { ...options, bptt: 'keep' }, sequences, loss);
    const recomputed = await gradients(config, { ...options, bptt: 'recompute' }, sequences, loss);
    expect(recomputed).toEqual(kept);
    // And they are gradients of something.
    const memory = kept.gradients.get('rmt.memory')?.data ?? new Float32Array(0);
    expect(memory.some((value) => value !== 0)).toBe(true);
  });

  it('draws other masks for another step and another segment', async () => {
    await having(dropping, {}, async (recurrence) => {
      const batch = batchOf(texts([12, 9, 12, 3], 2), [0, 1, 2, 3]);
      const at = async (seed: number) => (await recurrence.train(batch, seed)).result.loss;
      const first = await at(1);
      expect(await at(2)).not.toBe(first);
      expect(await at(1)).toBe(first);
    });
  });

  it.each(['last', 'mean'] as const)(
    'fills a smaller batch up with rows that change nothing (%s loss)',
    async (loss) => {
      const sequences = texts([12, 4, 7], 4);
      const filled = await gradients(base, { batch: 4 }, sequences, loss);
      const exact = await gradients(base, { batch: 3 }, sequences, loss);
      // Other sizes are other kernels: equal up to f32's rounding.
      expectClose([filled.result.loss], [exact.result.loss], { atol: 1e-6 });
      expect(filled.result.predicted).toEqual(exact.result.predicted);
      for (const [name, { data }] of filled.gradients) {
        const want = exact.gradients.get(name)?.data ?? [];
        if (name.endsWith('key.bias')) expectClose(data, want, { atol: 1e-6, label: name });
        else expectNear(data, want, 1e-5, name);
      }
    },
  );

  it('takes no gradient from the head of a segment that is asked nothing', async () => {
    const sequences = texts([12, 9, 12, 3], 12);
    const labels = [0, 1, 2, 3];
    const last = batchOf(sequences, labels);
    const N = last.segments.length;
    expect(last.targets.map((asked) => asked !== undefined)).toEqual([...new Array(N - 1).fill(false), true]);
    // The same question with the head run after every segment, to no effect on the loss.
    const nothing = { labels, weights: [0, 0, 0, 0] };
    const silent = { ...last, targets: last.targets.map((asked) => asked ?? nothing) };
    await having(
      base,
      {},
      async (recurrence, model) => {
        const run = async (batch: typeof last) => {
          const { result } = await recurrence.train(batch, 5);
          return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
        };
        const asked = await run(last);
        const zero = await run(silent);
        expect(zero.gradients).toEqual(asked.gradients);
        expect(zero.result.loss).toBe(asked.result.loss);
        // Nor from one that another batch has asked before: nothing of its gradient stays.
        const mean = await run(batchOf(sequences, labels, base, 'mean'));
        expect(mean.gradients).not.toEqual(asked.gradients);
        expect((await run(last)).gradients).toEqual(asked.gradients);
        // Where the head was not run there is nothing to read.
        expect(asked.result.rows.map((rows) => rows?.length)).toEqual([...new Array(N - 1).fill(undefined), 2 * B]);
        expect(mean.result.rows.map((rows) => rows?.length)).toEqual(new Array(N).fill(2 * B));
      },
      0.2,
    );
  });

  it('tells loss and answers as its rows have them', async () => {
    const sequences = texts([12, 9, 12, 3], 13);
    await having(
      base,
      {},
      async (recurrence) => {
        for (const loss of ['last', 'mean'] as const) {
          const batch = batchOf(sequences, [0, 1, 2, 3], base, loss);
          const { result } = await recurrence.train(batch, 5);
          expect(await recurrence.evaluate(batch)).toEqual(result);
          const N = batch.segments.length;
          let total = 0;
          for (let n = 0; n < N; n++)
            for (let b = 0; b < B; b++) total += (batch.targets[n]?.weights[b] ?? 0) * (result.rows[n]?.[2 * b] ?? 0);
          expectClose([result.loss], [total], { rtol: 1e-12 });
          // Whatever is asked before, the last answer counts.
          const answers = sequences.map((_, b) => result.rows[N - 1]?.[2 * b + 1]);
          expect(result.predicted).toEqual(answers);
          const right = answers.filter((answer, b) => answer === b).length;
          expect(result).toMatchObject({ right, scored: 4, whole: right });
        }
      },
      0.2,
    );
  });

  it('refuses a larger batch', async () => {
    await having(base, {}, async (recurrence) => {
      const batch = batchOf(texts([3, 3, 3, 3, 3], 1), [0, 0, 0, 0, 0]);
      await expect(recurrence.train(batch, 0)).rejects.toThrow(
        new RangeError('recurrence: the batch has 5 sequences, expected at most 4'),
      );
    });
  });

  it('leaves the padding of the classifier at zero', async () => {
    await having(base, {}, async (recurrence, model, gpu) => {
      const optimiser = await AdamW.create(gpu, model.parameters.flat, model.parameters.flatGradient);
      optimiser.set(1, { ...settings, weightDecay: 0.5 });
      await recurrence.train(batchOf(texts([3, 9, 3, 3], 1), [0, 1, 2, 3]), 0, (encoder) => optimiser.encode(encoder));
      const readback = new Readback(gpu);
      const [weight, bias] = await readback.now(
        ['classifier.weight', 'classifier.bias'].map((label) => model.parameters.get(label)),
      );
      expect(weight?.slice(6 * 16)).toEqual(new Float32Array(2 * 16));
      expect(bias?.slice(6)).toEqual(new Float32Array(2));
      readback.release();
      optimiser.release();
    });
  });
});

describe('the recurrence', () => {
  it('gives each row of a ragged batch what its sequence gives alone', async () => {
    await having(
      base,
      { training: false },
      async (recurrence) => {
        const sequences = texts([13, 2, 6, 5], 5);
        const run = async (some: readonly number[][]) => {
          recurrence.reset();
          let view: SegmentView = { logits: [], states: new Map(), memory: new Float32Array(0), attentions: [] };
          for (const segment of segmentBatch(some, base).segments) view = await recurrence.step(segment);
          return view;
        };
        const together = await run(sequences);
        const size = base.num_mem_tokens * base.hidden_size;
        for (const [b, sequence] of sequences.entries()) {
          const alone = await run([sequence]);
          expectClose(alone.logits[0] ?? [], together.logits[b] ?? [], { atol: 1e-6, label: `logits ${b}` });
          expectClose(alone.memory.subarray(0, size), together.memory.subarray(b * size, (b + 1) * size), {
            atol: 1e-6,
            label: `memory ${b}`,
          });
        }
      },
      0.2,
    );
  });

  it('hears earlier segments through its memory, and only through it', async () => {
    const [first, second] = [texts([10], 6)[0] ?? [], texts([10], 7)[0] ?? []];
    // The same last segment after different first ones.
    const sequences = [first, [...second.slice(0, 5), ...first.slice(5)]];
    const lossOf = (config: Config, sequence: readonly number[]) =>
      having(
        config,
        { training: false },
        (recurrence) => recurrence.evaluate(batchOf([[...sequence]], [1], config)),
        0.2,
      );
    const deaf = { ...base, num_mem_tokens: 0 };
    const [a, b] = [await lossOf(deaf, sequences[0] ?? []), await lossOf(deaf, sequences[1] ?? [])];
    expect(b).toEqual(a);
    const [c, d] = [await lossOf(base, sequences[0] ?? []), await lossOf(base, sequences[1] ?? [])];
    expect(Math.abs(c.loss - d.loss)).toBeGreaterThan(1e-6);
  });

  it('trains without memory on the last segment alone', async () => {
    const deaf = { ...base, num_mem_tokens: 0 };
    const long = await gradients(deaf, {}, texts([10, 10], 8));
    const short = await gradients(
      deaf,
      {},
      texts([10, 10], 8).map((sequence) => sequence.slice(5)),
    );
    expect(long.gradients).toEqual(short.gradients);
    expect({ ...long.result, rows: [] }).toEqual({ ...short.result, rows: [] });
    expect(long.result.rows).toEqual([undefined, ...short.result.rows]);
  });

  it('keeps the attention that is asked for, every row a distribution', async () => {
    await having(base, { training: false, attention: 'memory' }, async (recurrence, model) => {
      recurrence.reset();
      const [segment = []] = segmentBatch(texts([5, 5, 5, 3], 9), base).segments;
      const { attentions } = await recurrence.step(segment);
      const { S } = model.blueprint.layout;
      expect(memoryLooks(model.blueprint)).toEqual([
        { row: 1, rows: 2, column: 0, columns: S },
        { row: 0, rows: S, column: 1, columns: 2 },
      ]);
      expect(attentions).toHaveLength(base.num_hidden_layers);
      const [write, read] = attentions[0] ?? [];
      expect(write).toHaveLength(B * 2 * 2 * S);
      expect(read).toHaveLength(B * 2 * S * 2);
      for (let row = 0; row < B * 2 * 2; row++) {
        const sum = write?.subarray(row * S, (row + 1) * S).reduce((total, weight) => total + weight, 0);
        expectClose([sum ?? Number.NaN], [1], { atol: 1e-5 });
      }
    });
  });
});

describe('bytes', () => {
  const stateBytes = B * base.num_mem_tokens * base.hidden_size * 4;
  const segments = (count: number) => batchOf(texts([count * 5, count * 5, count * 5, 3], 10), [0, 1, 2, 3]);

  it('of training with recompute grow by nothing but the memory of each segment', async () => {
    await having(base, {}, async (recurrence, _model, gpu) => {
      await recurrence.train(segments(2), 0);
      const two = gpu.bytes;
      await recurrence.train(segments(16), 0);
      expect(gpu.bytes - two).toBe(14 * stateBytes);
      // Shorter again, nothing new.
      await recurrence.train(segments(2), 0);
      expect(gpu.bytes - two).toBe(14 * stateBytes);
    });
  });

  it('of training that keeps the activations grow by those too', async () => {
    await having(base, { bptt: 'keep' }, async (recurrence, _model, gpu) => {
      await recurrence.train(segments(2), 0);
      const two = gpu.bytes;
      await recurrence.train(segments(4), 0);
      expect(gpu.bytes - two).toBe(2 * (stateBytes + recurrence.cost.activationBytes));
    });
  });

  it('of streaming are flat', async () => {
    await having(base, { training: false, batch: 1, attention: 'memory' }, async (recurrence, _model, gpu) => {
      recurrence.reset();
      const [text = []] = texts([5 * 20], 11);
      const stream = segmentBatch([text], base).segments;
      await recurrence.step(stream[0] ?? []);
      const { bytes, peakBytes } = gpu;
      for (const segment of stream.slice(1)) await recurrence.step(segment);
      expect([gpu.bytes, gpu.peakBytes]).toEqual([bytes, peakBytes]);
    });
  });

  /** The same device, but full when a buffer of this label comes. */
  const fullFor = (gpu: Gpu, refused: string): Gpu =>
    Object.create(gpu, {
      allocate: {
        writable: true,
        value(this: Gpu, label: string, bytes: number, usage: number) {
          if (label.startsWith(refused)) throw new RangeError(`buffer '${label}': no room`);
          return Gpu.prototype.allocate.call(this, label, bytes, usage);
        },
      },
    });

  it('are given back when there is no room for the activations', async () => {
    const full = fullFor(await testGpu(), 'segment 0');
    const model = await Model.create(full, blueprintOf(base, 'test'));
    // A recurrence that trains makes the gradients' buffer, which stays the model's.
    expect(model.parameters.flatGradient.shape).toEqual([model.parameters.length]);
    const before = full.bytes;
    await expect(Recurrence.create(model, { batch: B, training: true })).rejects.toThrow(/^buffer 'segment 0.*no room/);
    expect(full.bytes).toBe(before);
    model.release();
  });

  it('are right when there is no room for the memory of a longer batch', async () => {
    const gpu = await testGpu();
    const full = fullFor(gpu, 'nothing yet');
    const model = await Model.create(full, blueprintOf(base, 'test'));
    model.parameters.initialise(new Random(1), 0.02);
    const recurrence = await Recurrence.create(model, { batch: B, training: true });
    const { result } = await recurrence.train(segments(2), 0);
    const before = full.bytes;
    const allocate = full.allocate;
    full.allocate = fullFor(gpu, 'memory states').allocate;
    await expect(recurrence.train(segments(3), 0)).rejects.toThrow("buffer 'memory states': no room");
    full.allocate = allocate;
    // The smaller one is gone, made again when it is wanted, and counted once.
    expect(full.bytes).toBe(before - 2 * stateBytes);
    expect((await recurrence.train(segments(2), 0)).result).toEqual(result);
    expect(full.bytes).toBe(before);
    recurrence.release();
    model.release();
  });
});
