// The cases of src/testing/golden/golden_parts.py: a model, its batch, and the tensors inside its second segment.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '../io/safetensors.ts';
import { readCheckpoint } from '../models/checkpoint.ts';
import { Model } from '../models/model.ts';
import { segmentBatch } from '../models/segments.ts';
import { classTargets, tokenTargets } from '../models/targets.ts';
import { testGpu } from './gpu.ts';

const folder = fileURLToPath(new URL('./golden/', import.meta.url));

/** The paths of the cases, and their names. */
export const goldenParts = [
  ['even', 'even'],
  ['family/rmt_gpt2', 'rmt_gpt2'],
] as const;

/** The segment whose tensors are known. */
export const goldenSegment = 1;

export async function loadGoldenParts(path: string, name: string) {
  const { blueprint, tensors } = readCheckpoint(readFileSync(`${folder}${path}.checkpoint.safetensors`), name);
  const { sequences, labels } = JSON.parse(readFileSync(`${folder}${path}.input.json`, 'utf8')) as {
    sequences: number[][];
    labels?: number[];
  };
  const segmented = segmentBatch(sequences, blueprint.config);
  const ranges = sequences.map(({ length }) => ({ from: 1, to: length }));
  const batch = labels
    ? classTargets(segmented, labels)
    : tokenTargets(segmented, blueprint.config.segment_size, sequences, ranges);
  const model = await Model.create(await testGpu(), blueprint);
  model.parameters.load(new Map([...tensors].map(([key, { data }]) => [key, data])));
  const golden = readSafetensors(readFileSync(`${folder}parts/${name}.safetensors`), name).tensors;
  /** The numbers of `value.…` or `gradient.…`; none if PyTorch has no such tensor. */
  const want = (key: string) => golden.get(key)?.data ?? new Float32Array(0);
  return { model, batch, golden, want };
}
