// Interventions on memory, on Dawn: each has exactly its effect, to the bit, and leaves the unchanged stream as it is.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { documentOf } from '../experiment/samples.ts';
import { loadModel, openCheckpoint, workOfCheckpoint } from '../experiment/workspace.ts';
import { SegmentReader } from '../models/reader.ts';
import { cut } from '../models/segments.ts';
import { joined } from '../models/states.ts';
import type { Intervention, Report } from '../protocol/index.ts';
import { Desk, type Job, last, ofType } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { drawnOrder, intervene } from './interventions.ts';

useSimpleKernels();

type Bytes = Uint8Array<ArrayBuffer>;
const tiny = {
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_mem_tokens: 4,
  segment_size: 12,
  noise_words: 10,
  stages: [1],
  stage_steps: [3],
  batch_size: 4,
  learning_rate: 0.01,
  validate_every: 3,
  validate_samples: 4,
} as const;

const runs = new Map<string, Promise<Bytes>>();
/** A checkpoint of a barely trained model. */
function checkpoint(config: Partial<RunConfig>): Promise<Bytes> {
  const key = JSON.stringify(config);
  const run =
    runs.get(key) ??
    new Desk()
      .run({ kind: 'train', config: parseConfig({ ...tiny, ...config }) })
      .then((events) => last(ofType(events, 'checkpoint')).bytes);
  runs.set(key, run);
  return run;
}
const encoder = () => checkpoint({ task: 'memorize' });
const decoder = () => checkpoint({ task: 'copy', model: 'rmt-gpt2', segment_size: 6 });
const bundled = (name: string) => new Uint8Array(readFileSync(`public/checkpoints/${name}.safetensors`));

type Start = Job<'stream'>;
const stream = (bytes: Bytes, interventions: readonly Intervention[] = [], more: Partial<Start> = {}): Start => ({
  kind: 'stream',
  model: { kind: 'checkpoint', name: 'run.safetensors', bytes },
  segments: 5,
  seed: 1,
  attention: true,
  interventions,
  ...more,
});
const run = (...given: Parameters<typeof stream>) => new Desk().run(stream(...given));
const segmentsOf = (events: readonly Report[]) => ofType(events, 'stream-segment');
const content = (events: readonly Report[]) =>
  segmentsOf(events).map(({ milliseconds, gpuBytes, interventions, left, untouched, ...rest }) => rest);
const predictionOf = ({
  probabilities,
  guesses,
  behind,
}: {
  probabilities: Float32Array;
  guesses?: unknown;
  behind?: unknown;
}) => ({
  probabilities,
  guesses,
  behind,
});

/** Read a stream by hand from segment `from` on, starting with a given memory. */
async function fromMemory(bytes: Bytes, from: number, memory: Float32Array, segments = 5, seed = 1) {
  const { checkpoint: read, where } = openCheckpoint(bytes, 'run.safetensors');
  const work = await workOfCheckpoint(read, where);
  const gpu = await testGpu();
  const model = await loadModel(gpu, read);
  const { inputs } = documentOf(work, seed, segments, model.config.segment_size, undefined);
  const reader = await SegmentReader.create(model, { batch: 1 });
  try {
    reader.reset();
    reader.writeStates(memory, from * model.blueprint.layout.S);
    const memories: Float32Array[] = [];
    for (const [start, end] of cut(inputs.length, model.config.segment_size, model.config.segment_alignment).slice(
      from,
    ))
      memories.push(joined([...(await reader.step([inputs.subarray(start, end)])).states.values()]));
    return memories;
  } finally {
    reader.release();
    model.release();
  }
}

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe.each([
  ['an encoder', encoder],
  ['a decoder', decoder],
])('of %s', (_, make) => {
  it('leave the unchanged stream as it is, to the bit, beside the changed one and before it', async () => {
    const bytes = await make();
    const plain = await run(bytes);
    const changed = await run(bytes, [{ kind: 'zero', segment: 1 }]);
    expect(content(changed).slice(0, 1)).toEqual(content(plain).slice(0, 1));
    const events = segmentsOf(changed);
    expect(events.map(({ untouched }) => untouched !== undefined)).toEqual([false, false, true, true, true]);
    expect(events[1]?.left).toEqual(segmentsOf(plain)[1]?.memory);
    expect(events[1]?.interventions).toEqual([{ kind: 'zero', segment: 1 }]);
    for (const i of [2, 3, 4])
      expect(events[i]?.untouched).toEqual(predictionOf(segmentsOf(plain)[i] ?? expect.fail()));
    const { type: _type, expected: _expected, finished: _finished, ...answered } = last(ofType(plain, 'stream-end'));
    expect(last(ofType(changed, 'stream-end')).untouched).toEqual(answered);
    // The changed stream does differ.
    expect(content(changed).slice(2)).not.toEqual(content(plain).slice(2));
  });

  it('zero: continues as from a memory of zeros', async () => {
    const bytes = await make();
    const events = segmentsOf(await run(bytes, [{ kind: 'zero', segment: 1 }]));
    const zeros = new Float32Array(4 * 8);
    expect(events[1]?.memory).toEqual(zeros);
    expect(events.slice(2).map(({ memory }) => memory)).toEqual(await fromMemory(bytes, 2, zeros));
  });

  it('freeze: passes on the memory that came in, as long as it lasts', async () => {
    const bytes = await make();
    const plain = segmentsOf(await run(bytes));
    const events = segmentsOf(await run(bytes, [{ kind: 'freeze', segment: 1, length: 2 }]));
    const kept = plain[0]?.memory ?? expect.fail('no memory');
    expect(events[1]?.memory).toEqual(kept);
    expect(events[2]?.memory).toEqual(kept);
    expect(events.slice(3).map(({ memory }) => memory)).toEqual(await fromMemory(bytes, 3, kept));
    // From the first segment on, it is the initial memory of every document.
    const initial = segmentsOf(await run(bytes, [{ kind: 'freeze', segment: 0, length: 1 }]))[0]?.memory;
    const stored = openCheckpoint(bytes, 'x').checkpoint.tensors.get('rmt.memory')?.data;
    expect(initial).toEqual(stored);
  });

  it('shuffle: passes on the same tokens in another order, and only the chosen ones', async () => {
    const bytes = await make();
    const events = segmentsOf(await run(bytes, [{ kind: 'shuffle', segment: 2, seed: 5 }]));
    const tokens = (memory: Float32Array | undefined) =>
      Array.from({ length: 4 }, (__, m) => memory?.slice(m * 8, (m + 1) * 8).join());
    const [left, passedOn] = [tokens(events[2]?.left), tokens(events[2]?.memory)];
    expect(passedOn).not.toEqual(left);
    expect([...passedOn].sort()).toEqual([...left].sort());
    expect(passedOn).toEqual(drawnOrder(4, 5).map((from) => left[from]));
    const some = segmentsOf(await run(bytes, [{ kind: 'shuffle', segment: 2, seed: 5, tokens: [0, 3] }]))[2];
    expect(tokens(some?.memory)).toEqual([left[3], left[1], left[2], left[0]]);
  });

  it('swap: passes on what the other document’s segment passes on', async () => {
    const bytes = await make();
    const other = segmentsOf(await run(bytes, [], { seed: 2 }));
    const events = await run(bytes, [{ kind: 'swap', segment: 2, seed: 2 }]);
    expect(segmentsOf(events)[2]?.memory).toEqual(other[2]?.memory);
    const [begin] = ofType(events, 'stream-begin');
    expect(begin?.others).toEqual([
      { seed: 2, expected: last(ofType(await run(bytes, [], { seed: 2 }), 'stream-end')).expected },
    ]);
    const one = segmentsOf(await run(bytes, [{ kind: 'swap', segment: 2, seed: 2, tokens: [1] }]))[2];
    expect(one?.memory.slice(8, 16)).toEqual(other[2]?.memory.slice(8, 16));
    expect(one?.memory.slice(16)).toEqual(one?.left?.slice(16));
  });
});

describe('of a trained model', () => {
  it('a swap exchanges the answers of two documents', async () => {
    const bytes = bundled('detect');
    // Both facts are early; the seeds belong to documents with different answers.
    const ends: { expected: string; answer: string }[] = [];
    for (const seed of [5, 7]) ends.push(last(ofType(await run(bytes, [], { segments: 12, seed }), 'stream-end')));
    const [one, two] = ends;
    expect(one?.answer).toBe(one?.expected);
    expect(two?.answer).toBe(two?.expected);
    expect(one?.expected).not.toBe(two?.expected);
    for (const [seed, other, answer] of [
      [5, 7, two?.expected],
      [7, 5, one?.expected],
    ] as const) {
      const events = await run(bytes, [{ kind: 'swap', segment: 8, seed: other }], { segments: 12, seed });
      expect(last(ofType(events, 'stream-end')).answer).toBe(answer);
    }
  });

  it('without the memory of the fact the answer is lost', async () => {
    const events = await run(bundled('detect'), [{ kind: 'zero', segment: 6 }], { segments: 12, seed: 5 });
    const end = last(ofType(events, 'stream-end'));
    expect(end.untouched?.answer).toBe(end.expected);
    expect(end.answer).not.toBe(end.expected);
  });
});

describe('for other memories', () => {
  it('zero, freeze and swap apply to a cache and an association; a shuffle is refused with a reason', async () => {
    for (const config of [
      { task: 'copy', model: 'transformer-xl', mem_len: 6, segment_size: 6 },
      // Its writing starts at zero: a second segment and some steps train it.
      { task: 'copy', model: 'armt-gpt2', d_mem: 4, segment_size: 6, stages: [2], stage_steps: [12] },
    ] as const) {
      const bytes = await checkpoint(config);
      const plain = segmentsOf(await run(bytes));
      const frozen = segmentsOf(await run(bytes, [{ kind: 'freeze', segment: 1, length: 1 }]));
      expect(frozen[1]?.memory).toEqual(plain[0]?.memory);
      const zero = segmentsOf(await run(bytes, [{ kind: 'zero', segment: 1 }]));
      expect(zero[1]?.memory.every((x) => x === 0)).toBe(true);
      expect(predictionOf(zero[2] ?? expect.fail())).not.toEqual(predictionOf(plain[2] ?? expect.fail()));
      expect(zero[2]?.untouched).toEqual(predictionOf(plain[2] ?? expect.fail()));
      const swapped = segmentsOf(await run(bytes, [{ kind: 'swap', segment: 1, seed: 2 }]));
      expect(swapped[1]?.memory).toEqual(segmentsOf(await run(bytes, [], { seed: 2 }))[1]?.memory);
      for (const [intervention, message] of [
        [{ kind: 'shuffle', segment: 1, seed: 1 }, 'a model without memory tokens'],
        [{ kind: 'zero', segment: 1, tokens: [0] }, 'chosen tokens of a model without memory tokens'],
      ] as const)
        expect(ofType(await run(bytes, [intervention]), 'failed')[0]?.message).toContain(message);
    }
    const none = await checkpoint({ task: 'copy', model: 'gpt2', num_mem_tokens: 0, segment_size: 6 });
    expect(ofType(await run(none, [{ kind: 'zero', segment: 1 }]), 'failed')[0]?.message).toBe(
      'intervention 1: zero: a model without memory (expected one with a memory)',
    );
  });
});

describe('are refused', () => {
  it.each<[Intervention, string]>([
    [{ kind: 'zero', segment: 4 }, 'intervention 1: zero: segment 5 (expected a segment from 1 to 4, before the last)'],
    [{ kind: 'zero', segment: 0, tokens: [4] }, 'intervention 1: zero: memory token 5 (expected tokens from 1 to 4)'],
    [{ kind: 'zero', segment: 0, tokens: [] }, 'intervention 1: zero: 0 memory tokens (expected at least 1)'],
    [
      { kind: 'shuffle', segment: 0, seed: 1, tokens: [2, 2] },
      'intervention 1: shuffle: 2 memory tokens (expected at least 2)',
    ],
    [{ kind: 'freeze', segment: 0, length: 0 }, 'intervention 1: freeze: 0 segments (expected a whole number from 1)'],
  ])('%o', async (intervention, message) => {
    const [failed] = ofType(await run(await encoder(), [intervention]), 'failed');
    expect(failed).toMatchObject({ during: 'stream', status: 2, message });
  });
});

describe('intervene', () => {
  it('changes only what it is given', () => {
    const layout = { size: 6, tokens: 3, width: 2 };
    const left = Float32Array.of(1, 2, 3, 4, 5, 6);
    const zero = intervene({ kind: 'zero', segment: 0, tokens: [1] }, layout, left, left, undefined);
    expect([...zero]).toEqual([1, 2, 0, 0, 5, 6]);
    expect([...left]).toEqual([1, 2, 3, 4, 5, 6]);
    for (let seed = 0; seed < 50; seed++) expect(drawnOrder(2, seed)).toEqual([1, 0]);
  });
});
