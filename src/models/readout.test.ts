// The head applied to any layer's states, against PyTorch (src/testing/golden/golden_lens.py).
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { testGpu } from '../testing/gpu.ts';
import { readCheckpoint } from './checkpoint.ts';
import { Model } from './model.ts';
import { SegmentReader } from './reader.ts';
import { Readout } from './readout.ts';
import { segmentBatch } from './segments.ts';
import { SiteValues } from './site-values.ts';
import { joined } from './states.ts';

const golden = fileURLToPath(new URL('../testing/golden/', import.meta.url));
const names = readdirSync(`${golden}lens/`).map((file) => file.replace('.lens.safetensors', ''));

it('has cases of encoders and decoders, with and without associations', () => {
  expect(names.sort()).toEqual(['armt_bert', 'armt_gpt2_plain', 'ragged', 'rmt_gpt2', 'rmt_xl_cache']);
});

it.each(names)('%s: every layer is read out as by PyTorch, and the last as by the model', async (name) => {
  const folder = name === 'ragged' ? golden : `${golden}family/`;
  const { blueprint, tensors } = readCheckpoint(readFileSync(`${folder}${name}.checkpoint.safetensors`), name);
  const { sequences } = JSON.parse(readFileSync(`${folder}${name}.input.json`, 'utf8')) as { sequences: number[][] };
  const expected = readSafetensors(readFileSync(`${golden}lens/${name}.lens.safetensors`), name).tensors;
  const { layout, shape, answers } = blueprint;
  const longest = sequences.reduce((one, two) => (two.length > one.length ? two : one));
  const gpu = await testGpu();
  const before = gpu.bytes;
  const model = await Model.create(gpu, blueprint);
  model.parameters.load(new Map([...tensors].map(([key, { data }]) => [key, data])));
  const reader = await SegmentReader.create(model, { batch: 1, sites: true });
  const sites = reader.sites.filter(({ kind }) => kind === 'hidden');
  expect(sites).toHaveLength(shape.layers + 1);
  const values = await SiteValues.create(gpu, sites);
  const readout = await Readout.create(model);
  reader.reset();
  const { segments } = segmentBatch([longest], blueprint.config);
  for (const [n, segment] of segments.entries()) {
    const view = await reader.step(segment, true, values.take.bind(values));
    const hidden = await values.read(sites);
    const rows = answers === 'class' ? [0] : Array.from(segment[0] ?? [], (_, t) => layout.front + t);
    const D = shape.hiddenSize;
    const logits = await readout.read(
      hidden.flatMap((states) => rows.map((row) => states.slice(row * D, (row + 1) * D))),
    );
    const want = expected.get(`lens.${n}`);
    expect(want?.shape).toEqual([
      shape.layers + 1,
      ...(answers === 'class' ? [shape.classes] : [rows.length, shape.classes]),
    ]);
    expectNear(joined(logits), want?.data ?? [], 2e-5, `${name}, segment ${n + 1}`);
    expectClose(joined(logits.slice(-rows.length)), joined(view.logits.slice(0, rows.length)), {
      atol: 1e-5,
      label: `${name}, segment ${n + 1}: the model's own`,
    });
  }
  for (const each of [readout, values, reader, model]) each.release();
  expect(gpu.bytes).toBe(before);
});
