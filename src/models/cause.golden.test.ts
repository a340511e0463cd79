// Attribution and patching against golden values from PyTorch, written by src/testing/golden/make_cause.py.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { readCheckpoint } from './checkpoint.ts';
import { Model } from './model.ts';
import { SegmentReader, type SegmentView } from './reader.ts';
import { positionsAfter, segmentBatch } from './segments.ts';
import { copyPart, type SitePart, SiteValues } from './site-values.ts';
import type { SiteKind } from './sites.ts';
import { type Batch, classTargets } from './targets.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

const golden = fileURLToPath(new URL('../testing/golden/', import.meta.url));
const valuesOf = (name: string) => readSafetensors(readFileSync(`${golden}cause/${name}.safetensors`), name).tensors;
const names = readdirSync(`${golden}cause`).map((file) => file.replace('.safetensors', ''));
/** The models of which the golden script recorded `key`. */
const namesWith = (key: string) => names.filter((name) => valuesOf(name).has(key));

async function load(name: string) {
  const folder = existsSync(`${golden}${name}.input.json`) ? golden : `${golden}family/`;
  const { blueprint, tensors } = readCheckpoint(readFileSync(`${folder}${name}.checkpoint.safetensors`), name);
  const { sequences, labels } = JSON.parse(readFileSync(`${folder}${name}.input.json`, 'utf8')) as {
    sequences: number[][];
    labels?: number[];
  };
  const values = valuesOf(name);
  const want = (key: string) => {
    const tensor = values.get(key);
    if (!tensor) throw new Error(`${name}: the golden file has no '${key}'`);
    return tensor;
  };
  const model = await Model.create(await testGpu(), blueprint, 'nothing');
  model.parameters.load(new Map([...tensors].map(([key, { data }]) => [key, data])));
  return { model, blueprint, sequences, labels, want, has: (key: string) => values.has(key) };
}

type Case = Awaited<ReturnType<typeof load>>;

/** One prediction at the end of each sequence, of the class or word that is `by` after the right one. */
function endTargets({ blueprint, sequences, labels, want }: Case, by: number): Batch {
  const segmented = segmentBatch(sequences, blueprint.config);
  const classes = want('logits').shape[1] ?? 0;
  const ones = (batch: Batch): Batch => ({
    ...batch,
    targets: batch.targets.map(
      (targets) => targets && { ...targets, weights: Array.from(targets.weights, (weight) => (weight > 0 ? 1 : 0)) },
    ),
  });
  if (labels)
    return ones(
      classTargets(
        segmented,
        labels.map((label) => (label + by) % classes),
      ),
    );
  const rows = blueprint.layout.head.rows;
  const at = segmented.segments.findIndex((_, n) => positionsLeft(segmented.segments, n) <= 1);
  const offset = (segmented.segments[at]?.[0]?.length ?? 0) - 2 + positionsLeft(segmented.segments, at);
  const targets = segmented.segments.map((_, n) => {
    if (n !== at) return undefined;
    const [words, weights] = [new Int32Array(sequences.length * rows), new Float32Array(sequences.length * rows)];
    sequences.forEach((sequence, b) => {
      words[b * rows + offset] = ((sequence.at(-1) ?? 0) + by) % classes;
      weights[b * rows + offset] = 1;
    });
    return { labels: words, weights };
  });
  return { ...segmented, targets, scoredFrom: 0 };
}

/** Words behind segment n. */
const positionsLeft = (segments: Batch['segments'], n: number) =>
  segments.slice(n + 1).reduce((sum, [text]) => sum + (text?.length ?? 0), 0);

const norm = (values: Float32Array) => Math.hypot(...values);
const product = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);

describe.each(namesWith('answer.words'))('%s', (name) => {
  it('attributes as PyTorch’s autograd does through all segments', async () => {
    const given = await load(name);
    const { model, blueprint, sequences, want, has } = given;
    const { layout, shape } = blueprint;
    const B = sequences.length;
    const create = (more: object = {}) =>
      BpttTrainer.create(model, { batch: B, dropout: false, attribution: true, ...more });
    const whole = await create();
    // A point on the path of integrated gradients, as in the golden script.
    const shared = await create({ shares: new Array(B).fill(0.25) });
    for (const [kind, by, bptt] of [
      ['answer', 0, whole],
      ['than', 1, whole],
      ['shared', 0, shared],
    ] as const) {
      const batch = endTargets(given, by);
      const length = want(`${kind}.words`).shape[1] ?? 0;
      const words = new Float32Array(B * length);
      const parts = has(`${kind}.norms`) ? (want(`${kind}.norms`).shape[2] ?? 0) : 0;
      const norms = new Float32Array(B * batch.segments.length * parts);
      const products = norms.slice();
      await bptt.follow(batch, ({ segment: n, states, gradients, contributions }) => {
        batch.segments[n]?.forEach((text, b) => {
          if (!text) return;
          const before = length - batch.segments.slice(n).reduce((sum, each) => sum + (each[b]?.length ?? 0), 0);
          for (let t = 0; t < text.length; t++)
            words[b * length + before + t] = -(contributions?.[b * layout.S + layout.front + t] ?? Number.NaN);
          for (let part = 0; part < parts; part++) {
            // Memory tokens of one state, or one state for each layer.
            const [i, share] = gradients.length === 1 ? [0, parts] : [part, 1];
            const size = (gradients[i]?.length ?? 0) / B / share;
            const at = b * size * share + (share > 1 ? part : 0) * size;
            const of = (arrays: readonly Float32Array[]) => arrays[i]?.subarray(at, at + size) ?? new Float32Array(0);
            const place = (b * batch.segments.length + n) * parts + part;
            norms[place] = norm(of(gradients));
            products[place] = -product(of(gradients), of(states));
          }
        });
      });
      expectNear(words, want(`${kind}.words`).data, 5e-5, `${kind}: words`);
      if (parts > 0) {
        expect(parts).toBe(
          shape.memTokens && blueprint.config.model_type.startsWith('rmt') ? shape.memTokens : shape.layers,
        );
        expectNear(norms, want(`${kind}.norms`).data, 5e-5, `${kind}: norms`);
        expectNear(products, want(`${kind}.products`).data, 5e-5, `${kind}: products`);
      }
    }
    for (const each of [whole, shared, model]) each.release();
  });
});

describe.each(namesWith('plain'))('%s', (name) => {
  it('reads on from what is put in the place of a head, a hidden state or a memory token as PyTorch does', async () => {
    const { model, blueprint, sequences, labels, want, has } = await load(name);
    const { segments } = segmentBatch(sequences, blueprint.config);
    const reader = await SegmentReader.create(model, { batch: sequences.length, sites: true });
    const values = await SiteValues.create(model.gpu, reader.sites);
    const { heads, memTokens: M, hiddenSize: D } = blueprint.shape;
    /** Sequence 1's part of the site is put in the place of sequence 0's in the segment of index 1. */
    const read = async (patch?: { kind: SiteKind; layer: number; part: SitePart }, token?: number) => {
      reader.reset();
      let view: SegmentView | undefined;
      let seen = sequences.map(() => 0);
      for (const [n, segment] of segments.entries()) {
        view = await reader.step(segment, true, (encoder, site) => {
          if (n !== 1 || !patch || site.kind !== patch.kind || site.layer !== patch.layer) return;
          values.take(encoder, site);
          copyPart(encoder, [values.of(site), 1], [site.tensor, 0], patch.part);
        });
        seen = positionsAfter(blueprint.layout, seen, segment);
        if (n !== 1 || token === undefined) continue;
        const memory = await reader.readStates();
        memory.set(memory.slice((M + token) * D, (M + token + 1) * D), token * D);
        reader.writeStates(memory, seen[0] ?? 0);
      }
      const rows = labels ? 1 : (segments.at(-1)?.[0]?.length ?? 0);
      const perSequence = blueprint.layout.head.rows;
      return sequences.flatMap((_, b) =>
        Array.from({ length: rows }, (_, t) => [...(view?.logits[b * perSequence + t] ?? [])]).flat(),
      );
    };
    const close = { atol: 2e-5, rtol: 2e-5 };
    const wide = (reader.sites.find(({ kind }) => kind === 'attended')?.tensor.shape[2] ?? 0) / heads;
    const channels = [wide, 2 * wide] as const;
    const positions = [3, 4] as const;
    const plain = await read();
    expectClose(plain, want('plain').data, { ...close, label: 'plain' });
    const patched = {
      head: () => read({ kind: 'attended', layer: 0, part: { channels } }),
      head_at: () => read({ kind: 'attended', layer: 0, part: { channels, positions } }),
      hidden_at: () => read({ kind: 'hidden', layer: 1, part: { positions } }),
      memory: () => read(undefined, 0),
    };
    for (const [what, run] of Object.entries(patched)) {
      if (!has(`patched.${what}`)) continue;
      const got = await run();
      expectClose(got, want(`patched.${what}`).data, { ...close, label: what });
      expect(got).not.toEqual(plain);
    }
    for (const each of [values, reader, model]) each.release();
  });
});
