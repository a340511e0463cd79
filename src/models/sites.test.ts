// Sites: stopping at them changes nothing, what is kept there is what the segment computed, and what is put there is read.
import { describe, expect, it } from 'vitest';
import { useSimpleKernels } from '../testing/gpu.ts';
import { still, type TinyModel, tinyConfigs } from '../testing/models.ts';
import { B, texts, withReader } from '../testing/with-model.ts';
import type { SegmentReader, SegmentView } from './reader.ts';
import { segmentBatch } from './segments.ts';
import { copyPart, type SitePart, SiteValues } from './site-values.ts';
import type { Site } from './sites.ts';

useSimpleKernels();

const kinds = Object.keys(tinyConfigs) as TinyModel[];
type Visit = (encoder: GPUCommandEncoder, site: Site) => void;

/** Read a document of two segments; `visit` sees the second. */
async function readTwo(reader: SegmentReader, id: TinyModel, visit?: Visit, seed = 3): Promise<SegmentView> {
  const [first = [], second = []] = segmentBatch(texts([8, 8], seed), still(id).config).segments;
  reader.reset();
  await reader.step(first);
  return reader.step(second, true, visit);
}

describe.each(kinds)('the sites of %s', (id) => {
  const blueprint = still(id);

  it('are named as in Hugging Face, and stopping at them changes no bit', async () => {
    const plain = await withReader(blueprint, {}, (reader) => readTwo(reader, id));
    await withReader(blueprint, { sites: true }, async (reader) => {
      expect(reader.sites.map(({ kind, layer }) => `${kind} ${layer}`)).toEqual([
        'embedding 0',
        'hidden 0',
        'attended 0',
        'hidden 1',
      ]);
      const seen: Site[] = [];
      expect(await readTwo(reader, id, (_, site) => seen.push(site))).toEqual(plain);
      expect(seen).toEqual(reader.sites);
      expect(await readTwo(reader, id)).toEqual(plain);
    });
  });

  it('give the values back: a sequence’s own value in its place changes no bit, another’s changes that sequence only', async () => {
    await withReader(blueprint, { sites: true }, async (reader, model) => {
      const values = await SiteValues.create(model.gpu, reader.sites);
      const plain = await readTwo(reader, id, (encoder, site) => values.take(encoder, site));
      const numbers = await values.read();
      expect(numbers.map(({ length }) => length)).toEqual(
        reader.sites.map(({ tensor }) => tensor.shape.reduce((a, b) => a * b)),
      );
      const { S, front } = model.blueprint.layout;
      const put = (at: Site, from: number, part: SitePart) =>
        readTwo(reader, id, (encoder, site) => {
          if (site === at) copyPart(encoder, [values.of(site), from], [site.tensor, 1], part);
        });
      for (const site of reader.sites) {
        expect(await put(site, 1, {})).toEqual(plain);
        expect(await put(site, 1, { positions: [1, 2], channels: [0, 4] })).toEqual(plain);
        const changed = await put(site, 0, {});
        const rows = model.blueprint.layout.head.rows;
        expect(changed.logits.slice(0, rows)).toEqual(plain.logits.slice(0, rows));
        expect(changed.logits.slice(rows)).not.toEqual(plain.logits.slice(rows));
        for (const [label, state] of changed.states) {
          const size = state.length / B;
          expect(state.subarray(0, size)).toEqual(plain.states.get(label)?.subarray(0, size));
        }
      }
      // A causal decoder's earlier positions do not see a later one.
      if (blueprint.answers === 'tokens') {
        const [embedding] = reader.sites;
        const changed = await put(embedding as Site, 0, { positions: [front + 2, S] });
        const row = model.blueprint.layout.head.rows;
        expect(changed.logits[row + 1]).toEqual(plain.logits[row + 1]);
        expect(changed.logits[row + 2]).not.toEqual(plain.logits[row + 2]);
      }
      values.release();
    });
  });
});

it('the last hidden state that is kept is what memory is read out of', async () => {
  const blueprint = still('rmt-bert');
  await withReader(blueprint, { sites: true }, async (reader, model) => {
    const values = await SiteValues.create(model.gpu, reader.sites);
    const { memory } = await readTwo(reader, 'rmt-bert', (encoder, site) => values.take(encoder, site));
    const [last = new Float32Array(0)] = await values.read(reader.sites.slice(-1));
    const { S } = blueprint.layout;
    const { memTokens: M, hiddenSize: D } = blueprint.shape;
    for (let b = 0; b < 2; b++)
      expect(memory.subarray(b * M * D, (b + 1) * M * D)).toEqual(last.subarray((b * S + 1) * D, (b * S + 1 + M) * D));
    values.release();
  });
});
