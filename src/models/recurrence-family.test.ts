// Ring 3 for the whole family: properties of every kind of model, as small as it comes.
import { describe, expect, it } from 'vitest';
import { AdamW, type AdamWSettings } from '../engine/adamw.ts';
import { Random } from '../random.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { testGpu } from '../testing/gpu.ts';
import { type TinyModel, tinyConfigs, withoutDropout } from '../testing/models.ts';
import type { Blueprint } from './blueprint.ts';
import { blueprintOf } from './index.ts';
import type { NamedArrays } from './parameters.ts';
import { type BatchResult, Model, Recurrence, type RecurrenceOptions, type SegmentView } from './recurrence.ts';
import { positionsOf, segmentBatch } from './segments.ts';
import { type Batch, classTargets, tokenTargets } from './targets.ts';

/** What the encoder's own tests do not cover. */
const family: TinyModel[] = ['gpt2', 'rmt-gpt2', 'transformer-xl', 'rmt-transformer-xl', 'armt-gpt2', 'armt-bert'];
/** More than most batches here have sequences: empty rows are with us all the time. */
const B = 4;

const still = (id: TinyModel, change: object = {}) =>
  blueprintOf({ ...tinyConfigs[id], ...withoutDropout, ...change }, id);

/** Random words, none of them special. */
function texts(lengths: readonly number[], seed: number, words = 10): number[][] {
  const random = new Random(seed);
  return lengths.map((length) => Array.from({ length }, () => 4 + random.int(words - 4)));
}

/** Sequences with all that can be asked of them: every next word, or a class after the last segment. */
function batchOf(blueprint: Blueprint, sequences: readonly number[][]): Batch {
  const segmented = segmentBatch(sequences, blueprint.config);
  if (blueprint.answers === 'class')
    return classTargets(
      segmented,
      sequences.map((_, b) => b),
    );
  const asked = sequences.map(({ length }) => ({ from: 1, to: length }));
  return tokenTargets(segmented, blueprint.config.segment_size, sequences, asked);
}

/** A freshly initialised model with one recurrence; nothing of either is left when the work is done. */
async function having<T>(
  blueprint: Blueprint,
  options: Partial<RecurrenceOptions>,
  work: (recurrence: Recurrence, model: Model) => Promise<T>,
  range = 0.3,
): Promise<T> {
  const gpu = await testGpu();
  const before = gpu.bytes;
  const model = await Model.create(gpu, blueprint);
  model.parameters.initialise(new Random(1), range);
  // ARMT's values begin at zero, where nothing it wrote can be seen: let it have learnt something.
  const learnt = await model.parameters.read();
  const arrays = new Map([...learnt].map(([name, { data }]) => [name, data]));
  const random = new Random(2);
  for (const [name, data] of arrays)
    if (name.endsWith('W_mv.weight'))
      data.forEach((_, i) => {
        data[i] = range * random.normal();
      });
  model.parameters.load(arrays);
  const recurrence = await Recurrence.create(model, { batch: B, training: true, ...options });
  const result = await work(recurrence, model);
  recurrence.release();
  model.release();
  expect(gpu.bytes).toBe(before);
  return result;
}

interface Trained {
  readonly result: BatchResult;
  readonly gradients: NamedArrays;
}

async function train(recurrence: Recurrence, model: Model, batch: Batch, seed = 7): Promise<Trained> {
  const { result } = await recurrence.train(batch, seed);
  return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
}

const largest = (values: ArrayLike<number> | undefined) =>
  Array.from(values ?? []).reduce((a, b) => Math.max(a, Math.abs(b)), 0);

describe.each(family)('%s', (id) => {
  it('begins at a loss of ln(choices)', async () => {
    const blueprint = still(id);
    await having(
      blueprint,
      {},
      async (recurrence) => {
        const { result } = await recurrence.train(batchOf(blueprint, texts([11, 6], 1)), 1);
        expect(Math.abs(result.loss - Math.log(blueprint.shape.classes))).toBeLessThan(0.1);
      },
      0.02,
    );
  });

  it('gives the same bits for the same seed, others for another, and recomputed ones as it would have kept', async () => {
    // With the dropout each has by default.
    const blueprint = blueprintOf(tinyConfigs[id], id);
    const batch = batchOf(blueprint, texts([11, 6], 1));
    const options = { memoryNoise: 0.1 };
    const kept = await having(blueprint, { ...options, bptt: 'keep' }, (recurrence, model) =>
      train(recurrence, model, batch),
    );
    await having(blueprint, options, async (recurrence, model) => {
      expect(await train(recurrence, model, batch)).toEqual(kept);
      expect((await train(recurrence, model, batch, 8)).result.loss).not.toBe(kept.result.loss);
      expect(await train(recurrence, model, batch)).toEqual(kept);
    });
    // And they are gradients of something: everything the model has learns.
    for (const [name, { data }] of kept.gradients) {
      if (/segment|token_type/.test(name)) continue;
      expect(largest(data), name).toBeGreaterThan(0);
    }
  });

  it('gives each row of a ragged batch what its sequence gives alone', async () => {
    const blueprint = still(id);
    const { config, layout } = blueprint;
    await having(blueprint, { training: false }, async (recurrence) => {
      // The second row starts in the last but one segment, which for a decoder is short in the first.
      const sequences = texts([10, 6], 3);
      const run = async (some: readonly number[][]) => {
        recurrence.reset();
        let view: SegmentView = { logits: [], states: new Map(), memory: new Float32Array(0), attentions: [] };
        for (const segment of segmentBatch(some, config).segments) view = await recurrence.step(segment);
        return view;
      };
      const together = await run(sequences);
      for (const [b, sequence] of sequences.entries()) {
        const alone = await run([sequence]);
        const last = segmentBatch([sequence], config).segments.at(-1)?.[0]?.length ?? 0;
        const rows = blueprint.answers === 'class' ? 1 : last;
        for (let row = 0; row < rows; row++)
          expectClose(alone.logits[row] ?? [], together.logits[b * layout.head.rows + row] ?? [], {
            atol: 1e-5,
            label: `logits ${b}, ${row}`,
          });
        for (const [label, values] of together.states) {
          const size = values.length / B;
          expectClose(alone.states.get(label)?.subarray(0, size) ?? [], values.subarray(b * size, (b + 1) * size), {
            atol: 1e-5,
            label: `${label} of ${b}`,
          });
        }
      }
    });
  });

  it('takes memory that is flat in the number of segments but for the states of each', async () => {
    const blueprint = still(id);
    const gpu = await testGpu();
    const stateBytes = blueprint
      .states(B)
      .reduce((sum, { shape }) => sum + Math.ceil((shape.reduce((a, b) => a * b) * 4) / 256) * 256, 0);
    await having(blueprint, {}, async (recurrence) => {
      // Only the last segment is asked: what is kept of answers is the same however many there are.
      const of = (segments: number) => {
        const batch = batchOf(blueprint, texts([4 * segments, 4 * segments], 4));
        return { ...batch, targets: batch.targets.map((asked, n) => (n === segments - 1 ? asked : undefined)) };
      };
      await recurrence.train(of(2), 0);
      const two = gpu.bytes;
      await recurrence.train(of(9), 0);
      expect(gpu.bytes - two).toBe(7 * stateBytes);
      const nine = gpu.bytes;
      await recurrence.train(of(3), 0);
      expect(gpu.bytes).toBe(nine);
    });
  });
});

describe('a generative model', () => {
  const blueprint = still('rmt-gpt2');
  const rows = blueprint.layout.head.rows;

  it('is scored word by word: loss, right words, and sequences that are right as a whole', async () => {
    await having(blueprint, { training: false }, async (recurrence) => {
      const sequences = texts([11, 7], 5);
      const asked = [
        { from: 2, to: 11 },
        { from: 5, to: 7 },
      ];
      const segmented = segmentBatch(sequences, blueprint.config);
      const batch = tokenTargets(segmented, rows, sequences, asked);
      for (const scoredFrom of [0, 2]) {
        const result = await recurrence.evaluate({ ...batch, scoredFrom });
        let loss = 0;
        const predicted: number[] = [];
        const wrong = new Set<number>();
        batch.segments.forEach((segment, n) => {
          segment.forEach((text, b) => {
            for (let t = 0; t < (text?.length ?? 0); t++) {
              const weight = batch.targets[n]?.weights[b * rows + t] ?? 0;
              if (weight === 0) continue;
              const [nats, word] = [0, 1].map((i) => result.rows[n]?.[2 * (b * rows + t) + i] ?? Number.NaN);
              loss += weight * (nats ?? Number.NaN);
              if (n < scoredFrom) continue;
              predicted.push(word ?? Number.NaN);
              if (word !== batch.targets[n]?.labels[b * rows + t]) wrong.add(b);
            }
          });
        });
        expectClose([result.loss], [loss], { rtol: 1e-12 });
        expect(result.predicted).toEqual(predicted);
        expect(result.scored).toBe(predicted.length);
        expect(result.scored).toBe(scoredFrom === 0 ? 11 : 4);
        expect(result.whole).toBe(2 - wrong.size);
      }
      // Labels that are what it says: everything is right.
      const said = await recurrence.evaluate(batch);
      const agreed = batch.targets.map(
        (targets, n) =>
          targets && {
            ...targets,
            labels: Array.from(targets.labels, (_, row) => said.rows[n]?.[2 * row + 1] ?? 0),
          },
      );
      expect(await recurrence.evaluate({ ...batch, targets: agreed })).toMatchObject({
        right: 11,
        scored: 11,
        whole: 2,
      });
      // One word of the second sequence otherwise.
      const spoilt = agreed.map((targets, n) =>
        n === 2 && targets
          ? { ...targets, labels: targets.labels.map((word, row) => (row === rows ? (word + 1) % 10 : word)) }
          : targets,
      );
      expect(await recurrence.evaluate({ ...batch, targets: spoilt })).toMatchObject({
        right: 10,
        scored: 11,
        whole: 1,
      });
    });
  });

  it('takes no gradient from the head of a segment that is asked nothing', async () => {
    await having(blueprint, {}, async (recurrence, model) => {
      const sequences = texts([11, 7], 6);
      const segmented = segmentBatch(sequences, blueprint.config);
      const all = batchOf(blueprint, sequences);
      const answer = [
        { from: 9, to: 11 },
        { from: 5, to: 7 },
      ];
      const last = tokenTargets(segmented, rows, sequences, answer);
      expect(last.targets.map((asked) => asked !== undefined)).toEqual([false, false, true]);
      const nothing = { labels: new Array(B * rows).fill(0), weights: new Array(B * rows).fill(0) };
      const silent = { ...last, targets: last.targets.map((asked) => asked ?? nothing) };
      const want = await train(recurrence, model, silent);
      expect((await train(recurrence, model, last)).gradients).toEqual(want.gradients);
      expect((await train(recurrence, model, all)).gradients).not.toEqual(want.gradients);
      expect((await train(recurrence, model, last)).gradients).toEqual(want.gradients);
    });
  });

  it('has no gradient where nothing is asked', async () => {
    await having(blueprint, {}, async (recurrence, model) => {
      const sequences = texts([6, 6], 6);
      const none = tokenTargets(segmentBatch(sequences, blueprint.config), rows, sequences, [
        { from: 3, to: 3 },
        { from: 0, to: 1 },
      ]);
      const { result, gradients } = await train(recurrence, model, none);
      expect(result).toMatchObject({ loss: 0, right: 0, scored: 0, predicted: [] });
      for (const [name, { data }] of gradients) expect(largest(data), name).toBe(0);
    });
  });

  it('overfits four samples whose first segment alone tells the answer', async () => {
    const settings: AdamWSettings = {
      learningRate: 3e-2,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
      clipValue: 0,
    };
    await having(blueprint, {}, async (recurrence, model) => {
      const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
      // A word that decides, the same text for all, and the word again.
      const sequences = [4, 5, 6, 7].map((word) => [word, 8, 9, 8, 9, 8, 9, word]);
      const inputs = sequences.map((sequence) => sequence.slice(0, -1));
      const segmented = segmentBatch(inputs, blueprint.config);
      expect(segmented.segments).toHaveLength(2);
      const batch = tokenTargets(
        segmented,
        blueprint.config.segment_size,
        sequences,
        sequences.map(() => ({ from: 7, to: 8 })),
      );
      let [steps, loss] = [0, Number.POSITIVE_INFINITY];
      while (loss > 0.05 && steps < 150) {
        optimiser.set(++steps, settings);
        loss = (await recurrence.train(batch, steps, (encoder) => optimiser.encode(encoder))).result.loss;
      }
      expect(loss).toBeLessThanOrEqual(0.05);
      expect(await recurrence.evaluate(batch)).toMatchObject({ right: 4, whole: 4, predicted: [4, 5, 6, 7] });
      optimiser.release();
    });
  });

  it.each(['rmt-gpt2', 'rmt-transformer-xl'] as const)(
    '%s runs a segment again, longer, as long as it is not handed on',
    async (id) => {
      const model = still(id);
      const { head } = model.layout;
      await having(model, { training: false }, async (recurrence) => {
        const [text = []] = texts([7], 8);
        const [first, second] = [Int32Array.from(text.slice(0, 4)), Int32Array.from(text.slice(4))];
        recurrence.reset();
        await recurrence.step([first]);
        const found = await recurrence.handedOn();
        const short = await recurrence.step([second.subarray(0, 2)], false);
        const long = await recurrence.step([second], false);
        // Text is read causally: what comes later changes nothing before.
        for (let t = 0; t < 2; t++) expectClose(long.logits[t] ?? [], short.logits[t] ?? [], { atol: 1e-6 });
        // Each shows what it would leave, and leaves what was found.
        expect(long.states).not.toEqual(short.states);
        expect(await recurrence.handedOn()).toEqual(found);
        const gone = await recurrence.step([second]);
        expect(gone.logits).toEqual(long.logits);
        expect(gone.states).toEqual(long.states);
        expect(await recurrence.handedOn()).not.toEqual(found);
        expect(head.rows).toBe(4);
      });
    },
  );
});

describe('truncated BPTT', () => {
  /** Parameters that only a later segment's loss reaches: what is handed on depends on them, this segment does not. */
  const writers: Partial<Record<TinyModel, RegExp>> = {
    'rmt-gpt2': /^rmt\.memory$/,
    'rmt-transformer-xl': /^rmt\.memory$/,
    'armt-gpt2': /\.W_m[kvb]\./,
  };

  it.each(Object.keys(writers) as TinyModel[])('of %s', async (id) => {
    const blueprint = still(id);
    const sequences = texts([11, 7], 9);
    const batch = batchOf(blueprint, sequences);
    const N = batch.segments.length;
    expect(N).toBe(3);
    /** The loss of one segment alone. */
    const only = (n: number): Batch => ({
      ...batch,
      targets: batch.targets.map((asked, i) => (i === n ? asked : undefined)),
    });
    const at = (depth: number | undefined, some: readonly Batch[], bptt: 'recompute' | 'keep' = 'recompute') =>
      having(blueprint, { depth, bptt }, async (recurrence, model) => {
        const all: NamedArrays[] = [];
        for (const one of some) all.push((await train(recurrence, model, one)).gradients);
        return all;
      });
    const single = [0, 1, 2].map(only);
    const [full, ...fullOf] = await at(undefined, [batch, ...single]);
    const [deep, ...deepOf] = await at(N, [batch, ...single]);
    const [none, ...noneOf] = await at(0, [batch, ...single]);
    const [one, ...oneOf] = await at(1, [batch, ...single]);
    const [kept] = await at(1, [batch], 'keep');
    if (!full || !deep || !none || !one || !kept) throw new Error('five gradients');
    const compare = (got: NamedArrays | undefined, want: NamedArrays | undefined, limit: number) => {
      for (const [name, { data }] of want ?? []) {
        const values = got?.get(name)?.data ?? [];
        // A key's bias has no gradient in exact arithmetic, and what is not reached has none at all.
        if (name.endsWith('c_attn.bias') || largest(data) < 1e-6)
          expectClose(values, data, { atol: 1e-6, label: name });
        else expectNear(values, data, limit, name);
      }
    };
    const sum = (parts: readonly NamedArrays[]): NamedArrays =>
      new Map(
        [...(parts[0] ?? [])].map(([name, { shape, data }]) => [
          name,
          { shape, data: data.map((_, i) => parts.reduce((total, part) => total + (part.get(name)?.data[i] ?? 0), 0)) },
        ]),
      );

    // At least as deep as there are segments: all of it, each loss with its own way back.
    compare(deep, full, 1e-5);
    // Each loss goes back its own number of segments, whatever others there are.
    for (const [all, parts] of [
      [deep, deepOf],
      [none, noneOf],
      [one, oneOf],
    ] as const)
      compare(all, sum(parts), 1e-5);
    // Where a loss is no further from the beginning than the depth, nothing is cut off.
    compare(noneOf[0], fullOf[0], 1e-6);
    compare(oneOf[0], fullOf[0], 1e-6);
    compare(oneOf[1], fullOf[1], 1e-5);
    // Further, what was handed on is a constant: what wrote it has no gradient at all.
    const reached = (gradients: NamedArrays | undefined) =>
      [...(gradients ?? [])]
        .filter(([name]) => writers[id]?.test(name))
        .map(([, { data }]) => largest(data))
        .reduce((a, b) => Math.max(a, b), 0);
    expect(reached(noneOf[1])).toBe(0);
    expect(reached(noneOf[2])).toBe(0);
    expect(reached(fullOf[1])).toBeGreaterThan(1e-5);
    expect(reached(fullOf[2])).toBeGreaterThan(1e-5);
    // One segment back from the last is not yet the initial memory; ARMT wrote something there, too.
    if (id !== 'armt-gpt2') expect(reached(oneOf[2])).toBe(0);
    else expect(reached(oneOf[2])).toBeGreaterThan(1e-5);
    expect(kept).toEqual(one);
  });

  it('changes nothing for a model whose states have no gradient', async () => {
    const blueprint = still('transformer-xl');
    const batch = batchOf(blueprint, texts([11, 7], 9));
    const of = (depth: number | undefined) =>
      having(blueprint, { depth }, (recurrence, model) => train(recurrence, model, batch));
    expect(await of(0)).toEqual(await of(undefined));
  });
});

it('refuses a state with a gradient behind one without, which its buffers could not tell apart', async () => {
  const blueprint = still('rmt-transformer-xl');
  const turned = { ...blueprint, states: (batch: number) => blueprint.states(batch).reverse() };
  const model = await Model.create(await testGpu(), turned);
  await expect(Recurrence.create(model, { batch: B, training: true })).rejects.toThrow(
    'recurrence: a state with a gradient comes after one without',
  );
  model.release();
});

it('a segment’s positions are told with its memory', () => {
  expect(positionsOf(still('rmt-gpt2').layout, 4)).toBe(8);
  expect(positionsOf(still('armt-gpt2').layout, 3)).toBe(5);
  expect(positionsOf(still('transformer-xl').layout, 0)).toBe(0);
});
