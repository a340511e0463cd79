// The mistakes of docs/reliability.md, each typed, refused word for word, and put right by the next command.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../testing/cli.ts';
import { filesIn, workFolder } from '../testing/cli-runs.ts';

const { folder, remove, write } = workFolder();
afterAll(remove);
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const rows = [
  ...readFileSync(file('docs/reliability.md'), 'utf8').matchAll(
    /^\| `rmt ([^`]+)` \| `([^`]+)` \| `rmt ([^`]+)` \|$/gm,
  ),
].map(([, typed = '', said = '', next = '']) => ({ typed, said, next }));
const wordsOf = (line: string) => [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

/** What a command that is accepted does next is not tested here. */
const accepted = 'the device is opened';
const open = () => Promise.reject(new Error(accepted));

beforeAll(() => {
  const model = file('public/checkpoints/copy.safetensors');
  cpSync(model, join(folder, 'model.safetensors'));
  mkdirSync(join(folder, 'runs/old'), { recursive: true });
  cpSync(model, join(folder, 'runs/old/checkpoint.safetensors'));
  write('latin1.txt', Buffer.from('café au lait', 'latin1'));
  write('utf8.txt', 'café au lait');
  const hash = 'a'.repeat(64);
  write('pytorch_model.bin', `version https://git-lfs.github.com/spec/v1\noid sha256:${hash}\nsize 12345\n`);
});

describe('a mistake on the command line', () => {
  it('is in the table ten times', () => {
    expect(rows).toHaveLength(10);
  });

  it.each(rows)('$typed', async ({ typed, said, next }) => {
    const before = filesIn(folder);
    const refused = await command(wordsOf(typed), { cwd: folder, open });
    expect(refused).toEqual({ status: 2, stdout: '', errors: [`rmt: ${said}`] });
    expect(filesIn(folder)).toEqual(before);
    const { status, errors } = await command(wordsOf(next), { cwd: folder, open });
    expect({ status, errors }).toEqual({ status: 1, errors: [`rmt: ${accepted}`] });
  });
});
