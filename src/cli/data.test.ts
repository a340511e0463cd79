// rmt data: samples as JSON Lines and safetensors.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from '../testing/cli.ts';
import { jsonLines, oneJson, refused, workFolder } from '../testing/cli-runs.ts';

const { newFolder, remove } = workFolder();
afterAll(remove);

const data = ['data', '--preset', 'tiny', '--samples', '20'];
const train = [...data, '--split', 'train', '--out'];

describe('rmt data', () => {
  it('writes the samples of a run, the same ones every time', async () => {
    const out = `${newFolder()}/train.jsonl`;
    expect(oneJson(await command([...train, out, '--json']))).toMatchObject({ file: out, split: 'train', samples: 20 });
    const text = readFileSync(out, 'utf8');
    const rows = jsonLines(text);
    expect(rows).toHaveLength(20);
    expect(rows[0]).toMatchObject({ step: 1, stage: 1, segments: 1 });
    expect(rows[19]).toMatchObject({ step: 2 });
    await command([...train, out]);
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  it('writes the validation samples of a number of segments', async () => {
    const out = `${newFolder()}/held.jsonl`;
    await command([...data, '--split', 'validation', '--segments', '3', '--out', out]);
    for (const row of jsonLines(readFileSync(out, 'utf8'))) expect(row).toMatchObject({ segments: 3 });
  });

  it.each([
    [[...data, '--split', 'test', '--out', 'x.jsonl'], 'data: --split'],
    [[...train, 'x.csv'], 'data: --out'],
    [[...train, 'x.jsonl', '--segments', '2'], 'data: --segments'],
    [['data', '--split', 'train', '--samples', '3', '--out', 'x.jsonl'], 'data: neither --preset nor --config'],
    [['data', '--preset', 'tiny', '--split', 'train', '--out', 'x.jsonl'], 'data: no --samples'],
  ])('refuses %j', async (words, message) => {
    expect(await refused(words)).toMatch(message);
  });
});
