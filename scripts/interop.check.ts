// The checks that `node scripts/interop.mjs DIR` runs on models that the official classes wrote.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSafetensors } from '../src/io/safetensors.ts';
import { bytesSource } from '../src/io/text-source.ts';
import { readTorchFile } from '../src/io/torch-file.ts';
import { command, temporaryFolder } from '../src/testing/cli.ts';

const folder = process.env['RMT_INTEROP'] ?? '';
const { folder: out, remove } = temporaryFolder();
afterAll(remove);

/** What no file of a case says. */
const options: Readonly<Record<string, readonly string[]>> = {
  'official-gpt2': ['--segment-size', '12'],
  'official-bert': ['--segment-size', '17'],
  'official-armt': ['--segment-size', '8'],
  'official-armt-experimental': ['--segment-size', '8', '--set', 'key_norm=l2'],
  'old-bert': ['--memory', '4', '--labels', '6'],
};
const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json')));

async function succeed(...words: string[]): Promise<void> {
  const { status, stdout } = await command([...words, '--json']);
  expect(status, stdout).toBe(0);
}

const read = (file: string) => readSafetensors(new Uint8Array(readFileSync(file)), file).tensors;

async function tensorsIn(file: string) {
  const all = await readTorchFile(bytesSource(file, new Uint8Array(readFileSync(file))));
  return new Map(all.map(({ path, tensor }) => [path.join('/'), tensor]));
}

it('has cases', () => {
  expect(cases.length).toBeGreaterThan(0);
});

it.each(cases)('%s: logits and loss as the official class, and the same tensors after export', async (name) => {
  const [checkpoint, answers, exported] = ['st', 'out', 'official'].map((kind) => join(out, `${name}.${kind}`));
  if (!checkpoint || !answers || !exported) expect.fail();
  await succeed('import', '--from', join(folder, name), ...(options[name] ?? []), '--out', checkpoint);
  const expected = join(folder, `${name}.expected.safetensors`);
  if (!existsSync(expected)) return;
  await succeed('forward', '--checkpoint', checkpoint, '--input', join(folder, `${name}.input.json`), '--out', answers);
  const found = read(answers);
  for (const [tensor, { data: want }] of read(expected)) {
    const { data } = found.get(tensor) ?? expect.fail();
    expect(data).toHaveLength(want.length);
    const worst = want.reduce((most, value, i) => Math.max(most, Math.abs((data[i] ?? Number.NaN) - value)), 0);
    expect(worst, tensor).toBeLessThan(1e-4);
  }
  await succeed('export', '--checkpoint', checkpoint, '--to', 'official', exported);
  const weights = readdirSync(exported).find((file) => /\.(bin|pth|pt)$/.test(file)) ?? expect.fail();
  const [want, got] = [await tensorsIn(join(folder, name, weights)), await tensorsIn(join(exported, weights))];
  expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
  for (const [tensor, { dtype, shape, bytes }] of want) {
    const other = got.get(tensor) ?? expect.fail();
    expect([tensor, other.dtype, other.shape]).toEqual([tensor, dtype, shape]);
    expect(Buffer.compare(await other.bytes(), await bytes()), tensor).toBe(0);
  }
});
