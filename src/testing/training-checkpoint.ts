// A training checkpoint as a run of this configuration would save it, without a GPU: fresh weights, moments that tell
// parameters apart.
import type { RunConfig } from '../experiment/config.ts';
import { writtenVocabulary } from '../experiment/vocabularies.ts';
import { writeCheckpoint } from '../models/checkpoint.ts';
import { initialArrays, specsOf } from '../models/parameters.ts';
import { Random } from '../random.ts';
import type { Position } from '../train/batches.ts';
import { beginningOf } from '../train/beginning.ts';

export async function trainingCheckpoint(config: RunConfig, progress: Position): Promise<Uint8Array<ArrayBuffer>> {
  const { work, blueprint, record } = await beginningOf(config);
  const weights = initialArrays(blueprint.parameters(), new Random(7), 0.1);
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  const shapes = specsOf(blueprint.parameters());
  shapes.forEach(({ name, shape }, k) => {
    const data = weights.get(name) ?? new Float32Array();
    tensors.set(name, { shape: [...shape], data });
    tensors.set(`optimizer.m.${name}`, { shape: [...shape], data: new Float32Array(data.length).fill(k / 1024) });
    tensors.set(`optimizer.v.${name}`, { shape: [...shape], data: new Float32Array(data.length).fill(k / 512) });
  });
  return writeCheckpoint({
    blueprint,
    ...writtenVocabulary(work.vocabulary),
    task: record,
    training: { config, progress },
    tensors,
  });
}
