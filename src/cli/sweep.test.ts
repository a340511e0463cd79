// rmt train --seeds and --sweep: a folder for each run, means at the end, resuming, and what is refused.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rmt } from '../testing/cli.ts';
import { filesIn, jsonLines, refused, smallRun, workFolder } from '../testing/cli-runs.ts';

const { newFolder, remove } = workFolder();
afterAll(remove);

const swept = [...smallRun, '--set', 'stage_steps=2', '--seeds', '1-2', '--sweep', 'num_mem_tokens=1,2'];
const names = [
  'num_mem_tokens=1,seed=1',
  'num_mem_tokens=2,seed=1',
  'num_mem_tokens=1,seed=2',
  'num_mem_tokens=2,seed=2',
];

describe('a sweep', () => {
  it('trains each combination in its folder, and prints the means over seeds; --resume trains what is missing', async () => {
    const out = newFolder();
    const { status, stdout, errors } = await rmt([...swept, '--out', out]);
    expect(errors).toEqual([]);
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.filter(({ type }) => type === 'run').map(({ run, state }) => [run, state])).toEqual(
      names.map((name) => [name, 'new']),
    );
    expect(filesIn(out)).toEqual(
      names.flatMap((name) => [name, join(name, 'checkpoint.safetensors'), join(name, 'metrics.jsonl')]).sort(),
    );
    const last = lines.at(-1) as { groups: { setting: string; runs: number; accuracy: { mean: number } }[] };
    expect(last).toMatchObject({ type: 'sweep', interval: '95 %, Student’s t over runs' });
    expect(last.groups.map(({ setting, runs }) => [setting, runs])).toEqual([
      ['num_mem_tokens=1', 2],
      ['num_mem_tokens=2', 2],
    ]);
    // The mean is that of the last validations.
    const accuracies = names
      .filter((name) => name.startsWith('num_mem_tokens=1'))
      .map((name) =>
        jsonLines(readFileSync(join(out, name, 'metrics.jsonl'), 'utf8')).findLast(({ type }) => type === 'validation'),
      )
      .map((validation) => Number(validation?.['accuracy']));
    expect(last.groups[0]?.accuracy.mean).toBeCloseTo(accuracies.reduce((sum, each) => sum + each, 0) / 2, 12);

    const [first = '', , third = ''] = names;
    const checkpoint = join(out, third, 'checkpoint.safetensors');
    const before = readFileSync(checkpoint);
    rmSync(join(out, third), { recursive: true });
    const again = await rmt([...swept, '--out', out, '--resume']);
    expect(again.status).toBe(0);
    const states = jsonLines(again.stdout).filter(({ type }) => type === 'run');
    expect(states.map(({ state }) => state)).toEqual(['finished', 'finished', 'new', 'finished']);
    // The same run, to the bit.
    expect(readFileSync(checkpoint).equals(before)).toBe(true);
    expect(jsonLines(again.stdout).at(-1)).toEqual(last);

    expect(await refused([...swept, '--out', out])).toContain(
      `train: --out ${join(out, first)}: already contains a run`,
    );
    const longer = swept.map((word) => (word === 'stage_steps=2' ? 'stage_steps=3' : word));
    expect(await refused([...longer, '--resume', '--out', out])).toContain('holds a run with other settings');
  });

  it('is refused with the reason before anything is trained', async () => {
    const out = join(newFolder(), 'sweep');
    const given = (...more: string[]) => [...smallRun, '--out', out, ...more];
    expect(await refused(given('--seeds', '5-1'))).toMatch(/^train: --sweep: seed: '5-1' \(expected a range/);
    expect(await refused(given('--sweep', 'hidden_size'))).toMatch(
      /^train: --sweep: 'hidden_size' \(expected key=value/,
    );
    expect(await refused(given('--sweep', 'hue=1,2'))).toContain("unknown key 'hue'");
    expect(await refused(given('--sweep', 'seed=1,2', '--seeds', '1'))).toMatch(/^train: --sweep seed: given twice/);
    expect(await refused(given('--sweep', 'num_attention_heads=2,3'))).toMatch(
      /^train: --sweep: num_attention_heads: /,
    );
    expect(existsSync(out)).toBe(false);
  });
});
