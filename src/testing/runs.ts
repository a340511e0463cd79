// Stored runs, for tests of the page.
import { presetConfig } from '../experiment/presets.ts';
import { Curves } from '../store/library/curves.ts';
import type { RunRecord } from '../store/library/record.ts';
import type { Shelf } from '../store/library/storage.ts';
import { progressAt, trainStep, validation } from './events.ts';

/** The header of a training checkpoint. */
function checkpointOf({ config, progress }: RunRecord): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(
    JSON.stringify({ __metadata__: { training: JSON.stringify({ config, progress }) } }),
  );
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

/** A run that was stopped at step 10 of 40, a minute ago. */
export function runRecord(id: string, more: Partial<RunRecord> = {}): RunRecord {
  const now = Date.now();
  return {
    id,
    name: `run ${id}`,
    preset: 'tiny',
    config: { ...presetConfig('tiny'), seed: 1, stages: [1, 2], stage_steps: [20] },
    noise: undefined,
    files: [],
    created: now - 120_000,
    saved: now - 60_000,
    state: 'stopped',
    progress: progressAt(10),
    validated: { segments: 1, accuracy: 0.5, bestAccuracy: 0.75, loss: 0.5, lowestLoss: 0.25 },
    checkpoint: { file: `${id}.safetensors`, bytes: 0 },
    deleted: undefined,
    ...more,
  };
}

/** Store runs on a shelf, each with curves of ten steps and two validations, and a checkpoint without weights. */
export function shelve(shelf: Shelf, ...records: readonly RunRecord[]): Shelf {
  const curves = new Curves();
  for (let step = 1; step <= 10; step++) curves.step(trainStep(step));
  curves.validation(validation(5, 0.75));
  curves.validation(validation(10, 0.5));
  for (const record of records) {
    const { id, checkpoint, saved } = record;
    const bytes = checkpointOf(record);
    shelf.records.set(id, { ...record, checkpoint: checkpoint && { ...checkpoint, bytes: bytes.length } });
    shelf.curves.set(id, curves.data());
    if (checkpoint) shelf.files.set(checkpoint.file, { bytes, modified: saved });
  }
  return shelf;
}
