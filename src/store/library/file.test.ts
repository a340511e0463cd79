import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { detectOrigin } from '../../testing/starting-point.ts';
import { derivedProgress } from '../../train/progress.ts';
import { Curves } from './curves.ts';
import { readRunFile, writeRunFile } from './file.ts';
import type { OpenedRun } from './library.ts';

const config = presetConfig('tiny');
const progress = { step: 2, stage: 0, stageStep: 2, ...derivedProgress(config, 0) };

/** A training checkpoint with these numbers as its weights; its size depends on `padding`. */
function checkpoint(
  inside: unknown,
  padding = 0,
  weights = Float32Array.from({ length: 75_000 }, (_, i) => Math.sin(i)),
): Uint8Array<ArrayBuffer> {
  const metadata = { training: JSON.stringify(inside) };
  const w = { dtype: 'F32', shape: [weights.length], data_offsets: [0, 4 * weights.length] };
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, w }) + ' '.repeat(padding));
  const bytes = new Uint8Array(8 + header.length + 4 * weights.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(new Uint8Array(weights.buffer), 8 + header.length);
  return bytes;
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const curves = new Curves();
for (const step of [1, 2])
  curves.step({
    type: 'train-step',
    progress: { ...progress, step },
    batchSegments: 1,
    ...someMetrics({ loss: 1 / 3, gradientNorm: 1e-9 }),
    remaining: 1,
  });
curves.validation({
  type: 'validation',
  progress,
  segments: 1,
  samples: 8,
  accuracy: 0.75,
  whole: Number.NaN,
  loss: 0.1 + 0.2,
  commonest: 0.25,
});
const run: OpenedRun = {
  record: {
    id: 'abc',
    name: 'tiny · ü · seed 1',
    preset: 'tiny',
    config,
    noise: { name: 'n.txt', text: 'a "b" c' },
    files: ['book.txt'],
    created: 5,
    saved: 6,
    state: 'training',
    progress,
    validated: undefined,
    checkpoint: undefined,
    deleted: undefined,
  },
  curves: curves.data(),
  bytes: checkpoint({ config, progress }),
};
const written = async (of: OpenedRun = run) => (await writeRunFile(of)).text();
const changed = async (change: (json: Record<string, unknown>) => void) => {
  const json: Record<string, unknown> = JSON.parse(await written());
  change(json);
  return readRunFile(JSON.stringify(json), 'x.json');
};

describe('the file of a run', () => {
  // Sizes around a multiple of three, and of a piece.
  it.each([0, 1, 2])('round-trips everything, checkpoint and curves bit for bit (%i)', async (n) => {
    const bytes = checkpoint({ config, progress }, n);
    const back = await readRunFile(await written({ ...run, bytes }), 'x.json');
    expect(back.bytes?.every((byte, i) => byte === bytes[i])).toBe(true);
    expect(back.bytes).toHaveLength(bytes.length);
    expect(back.curves).toEqual(run.curves);
    const { name, noise, files, created } = run.record;
    expect(back.record).toMatchObject({ name, config, noise, files, created, progress, preset: 'tiny' });
    // It is a new run, not in training.
    expect(back.record.id).not.toBe('abc');
    expect(back.record).toMatchObject({ state: 'stopped', validated: { segments: 1, accuracy: 0.75 } });
  });

  it('says what the run started from, as its checkpoint does', async () => {
    const record = { ...run.record, origin: detectOrigin };
    const bytes = checkpoint({ config, progress, origin: detectOrigin });
    const back = await readRunFile(await written({ ...run, record, bytes }), 'x.json');
    expect(back.record.origin).toEqual(detectOrigin);
    await expect(readRunFile(await written({ ...run, record }), 'x.json')).rejects.toThrow(
      'x.json: origin: detect.safetensors (expected none, as in the checkpoint)',
    );
    await expect(readRunFile(await written({ ...run, bytes }), 'x.json')).rejects.toThrow(
      'x.json: origin: none (expected detect.safetensors, as in the checkpoint)',
    );
  });

  it('may lack a checkpoint', async () => {
    const back = await readRunFile(await written({ ...run, bytes: undefined }), 'x.json');
    expect(back.bytes).toBeUndefined();
  });

  it.each([
    ['not JSON', 'x.json: not JSON (expected a run exported from this page (.json))'],
    ['7', 'x.json: JSON of a different format (expected a run exported from this page (.json))'],
    ['{}', 'x.json: JSON of a different format'],
    ['{"format":"rmt-playground run","version":2}', 'x.json: version: found 2 (expected 1; a later version'],
  ])('%s is refused with location, found and expected', async (text, message) => {
    await expect(readRunFile(text, 'x.json')).rejects.toThrow(message);
  });

  it.each<[string, (json: Record<string, unknown>) => void, string | RegExp]>([
    ['name', (json) => Object.assign(json, { name: ' ' }), 'x.json: name: found'],
    ['preset', (json) => Object.assign(json, { preset: 'toString' }), 'x.json: preset: found "toString"'],
    [
      'knob',
      (json) => Object.assign(json, { config: { seed: -1 } }),
      'x.json: config: seed: -1 (expected a whole number',
    ],
    ['unknown knob', (json) => Object.assign(json, { config: { __proto: 1 } }), "unknown key '__proto'"],
    ['progress', (json) => Object.assign(json, { progress: { ...progress, step: 9e15 } }), 'x.json: progress: found'],
    ['curves', (json) => Object.assign(json, { curves: {} }), 'x.json: curves.steps: found none (expected one)'],
    ['base64', (json) => Object.assign(json, { checkpoint: 'äääää' }), 'checkpoint: 5 characters (expected base64)'],
    ['base64 characters', (json) => Object.assign(json, { checkpoint: 'ä-?!' }), 'other characters (expected base64)'],
    ['safetensors', (json) => Object.assign(json, { checkpoint: 'AAAA' }), 'x.json: checkpoint: 3 bytes'],
    [
      'a cut checkpoint',
      (json) => Object.assign(json, { checkpoint: String(json['checkpoint']).slice(0, 400) }),
      /^x\.json: checkpoint: a header of \d+ bytes in a file of 300 \(expected the whole file\)$/,
    ],
    [
      'a checkpoint with cut weights',
      (json) => Object.assign(json, { checkpoint: String(json['checkpoint']).slice(0, -400) }),
      /^x\.json: checkpoint: 'w' ends at byte 300000 of \d+ \(expected the whole file\)$/,
    ],
    [
      'a checkpoint with NaN',
      (json) =>
        Object.assign(json, {
          checkpoint: base64(checkpoint({ config, progress }, 0, Float32Array.of(1, Number.NaN))),
        }),
      "x.json: checkpoint: 'w' has 1 of 2 numbers that are NaN or infinite (expected finite numbers)",
    ],
    [
      'a checkpoint that is a text',
      (json) => Object.assign(json, { checkpoint: base64(new TextEncoder().encode('Not weights, but some words.')) }),
      'x.json: checkpoint: a text (expected a safetensors file)',
    ],
    [
      'an impossible accuracy',
      (json) => {
        const { validations } = json['curves'] as { validations: { series: { columns: Record<string, number[]> } }[] };
        Object.assign(validations[0]?.series.columns ?? {}, { accuracy: [9] });
      },
      /^x\.json: curves\.validations\.0\.series: .*\(expected accuracies from 0 to 1, and nothing below 0\)$/,
    ],
    [
      'a negative loss',
      (json) => {
        const { steps } = json['curves'] as { steps: { columns: Record<string, number[]> } };
        Object.assign(steps.columns, { loss: [1, -4] });
      },
      /^x\.json: curves\.steps: .*nothing below 0/,
    ],
    [
      'another number of steps than configured',
      (json) => Object.assign(json, { progress: { ...progress, steps: 9e15 } }),
      'x.json: progress.steps: 9000000000000000 (expected',
    ],
    [
      'a contradictory stage',
      (json) => Object.assign(json, { progress: { ...progress, stageStep: 1 } }),
      'x.json: progress.step: 2 (expected 1, as the stages before and stageStep 1 add up to)',
    ],
    [
      'curves after the progress',
      (json) => Object.assign(json, { progress: { ...progress, step: 1, stageStep: 1 } }),
      'x.json: curves: a point at step 2 (expected none after step 1)',
    ],
    [
      'another step inside',
      (json) => Object.assign(json, { progress: { ...progress, step: 3, stageStep: 3 } }),
      'x.json: checkpoint: step 2 (expected step 3',
    ],
    [
      'another configuration inside',
      (json) => Object.assign(json, { config: { ...config, seed: 9 } }),
      'x.json: checkpoint: a different seed than in config',
    ],
  ])('a wrong %s is refused', async (_, change, message) => {
    await expect(changed(change)).rejects.toThrow(message);
  });

  it('with arbitrary content is refused with an error and nothing else', async () => {
    const json: Record<string, unknown> = JSON.parse(await written({ ...run, bytes: undefined }));
    const path = fc.constantFrom(
      'name',
      'preset',
      'config',
      'noise',
      'files',
      'created',
      'state',
      'progress',
      'curves',
    );
    await fc.assert(
      fc.asyncProperty(path, fc.jsonValue(), async (key, value) => {
        const text = JSON.stringify({ ...json, [key]: value });
        const back = await readRunFile(text, 'x.json').catch((error: unknown) => error);
        if (back instanceof Error) expect(back.message).toMatch(/^x\.json: .*/);
        else expect((await readRunFile(await written({ ...run, ...(back as object) }), 'y')).record.name).toBeTruthy();
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(readRunFile(text, 'x.json')).rejects.toThrow(/^x\.json: /);
      }),
    );
  });
});
