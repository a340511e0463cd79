// The task of a checkpoint: what its metadata may say about it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint } from '../models/checkpoint.ts';
import { defaults } from './config.ts';
import { runConfigOf, workOfCheckpoint } from './workspace.ts';

const copy = readCheckpoint(
  readFileSync(new URL('../../public/checkpoints/copy.safetensors', import.meta.url)),
  'copy',
);
const withTask = (task: unknown): Checkpoint => ({ ...copy, task });
const record = copy.task as { readonly knobs: object };

describe('the configuration of a run', () => {
  it('saved before there were settings of other tasks and models is complete', () => {
    const saved = (copy.training as { readonly config: object }).config;
    expect(Object.keys(saved).length).toBeLessThan(Object.keys(defaults).length);
    expect(runConfigOf(saved, 'c')).toEqual({ ...defaults, key_norm: 'l2', relative_shift: 'distance', ...saved });
    const { alphabet: _, ...others } = saved as { readonly alphabet: string };
    expect(() => runConfigOf(others, 'c')).toThrow(
      /^c: no 'alphabet' \(expected one value for each setting of its run\)$/,
    );
  });
});

describe('the task in the metadata', () => {
  it('is read with its own knobs, and without those of other tasks', async () => {
    const { material } = await workOfCheckpoint(withTask({ ...record, knobs: { ...record.knobs, unit: 'x' } }), 'c');
    expect(material.knobs).toEqual(record.knobs);
  });

  it.each([
    [{ ...record, knobs: 'alphabet' }, 'c: task.knobs: "alphabet" (expected an object of strings)'],
    [{ ...record, knobs: { alphabet: { toString: 1 } } }, 'c: task.knobs.alphabet: an object (expected a string)'],
    [{ ...record, knobs: { alphabet: '9000' } }, /^c: task\.knobs\.alphabet: "9000" \(expected 8 or 2 or /],
    [{ ...record, noise_words: [] }, 'c: task.noise_words: [] (expected a number)'],
    [{ ...record, file: 3 }, 'c: task.file: 3 (expected a string)'],
    [{ id: ['copy'] }, 'c: task.id: ["copy"] (expected a string)'],
    ['copy', 'c: task: "copy" (expected an object with the task’s id)'],
    [null, /^c: no task in its metadata/],
  ])('is refused as input where it has another form: %j', async (task, message) => {
    await expect(workOfCheckpoint(withTask(task), 'c')).rejects.toMatchObject({
      name: 'InputError',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});
