import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { command, temporaryFolder } from '../testing/cli.ts';

const models = fileURLToPath(new URL('../testing/golden/published/', import.meta.url));
const { folder, remove } = temporaryFolder();
afterAll(remove);
const at = (name: string) => join(folder, name);

it('imports a folder or files, and exports what it imported', async () => {
  const model = join(models, 'official-encoder');
  const imported = await command(['import', '--from', model, '--segment-size', '6', '--out', at('a'), '--json']);
  expect(imported.status).toBe(0);
  expect(JSON.parse(imported.stdout)).toMatchObject({ format: 'official RMT, encoder', config: { segment_size: 6 } });

  const files = ['config.json', 'model_best.pth'].flatMap((name) => ['--from', join(model, name)]);
  const text = await command(['import', ...files, '--set', 'segment_size=6', '--out', at('b')]);
  expect(text.stdout).toContain('left out (a buffer): cls_token, sep_token, mem_token_ids');
  expect(readFileSync(at('b'))).toEqual(readFileSync(at('a')));

  const exported = await command(['export', '--checkpoint', at('a'), '--to', 'official', at('folder')]);
  expect([exported.status, exported.stdout]).toEqual([0, expect.stringContaining('input_size 11')]);
  expect(readdirSync(at('folder')).sort()).toEqual(['README.md', 'config.json', 'model_best.pth']);
  expect(readFileSync(join(at('folder'), 'README.md'), 'utf8')).toContain('input_size 11');
  // The same folder again, but not one with other files.
  expect((await command(['export', '--checkpoint', at('a'), '--to', 'official', at('folder')])).status).toBe(0);
  expect((await command(['export', '--checkpoint', at('a'), '--to', 'hf', at('folder')])).errors).toEqual([
    expect.stringContaining("holds 'model_best.pth' (expected an empty folder, or an earlier export)"),
  ]);
});

it('brings the labels of the official script for reasoning into our order, and back', async () => {
  const model = join(models, 'official-encoder');
  const labels = ['--labels', 'official-reasoning'];
  for (const [name, more] of [
    ['stored', []],
    ['ordered', labels],
  ] as const)
    expect((await command(['import', '--from', model, ...more, '--out', at(name)])).status).toBe(0);
  expect(readFileSync(at('ordered')).equals(readFileSync(at('stored')))).toBe(false);
  const back = await command(['export', '--checkpoint', at('ordered'), '--to', 'official', at('back'), ...labels]);
  expect(back.stdout).toContain('bedroom, bathroom, garden, kitchen, office, hallway');
  expect((await command(['import', '--from', at('back'), '--out', at('again')])).status).toBe(0);
  expect(readFileSync(at('again')).equals(readFileSync(at('stored')))).toBe(true);
});

it.each<[string, string[], string]>([
  ['no path', ['import', '--out', at('x')], 'import: no --from'],
  ['a path that is not there', ['import', '--from', at('nowhere'), '--out', at('x')], `no '${at('nowhere')}'`],
  ['an output that is an input', ['import', '--from', at('in'), '--out', at('in')], 'which is also --from'],
  [
    'a setting without a value',
    ['import', '--from', join(models, 'bare-bert'), '--set', 'memory', '--out', at('x')],
    "import: --set: 'memory'",
  ],
  [
    'labels that are no places',
    ['import', '--from', join(models, 'bare-bert'), '--labels', 'a,b', '--out', at('x')],
    "import: --labels: 'a,b'",
  ],
  [
    'a model that cannot be read',
    ['import', '--from', join(models, 'make_published.py'), '--out', at('x')],
    'make_published.py: a text',
  ],
  ['no folder to export to', ['export', '--checkpoint', at('in'), '--to', 'hf'], 'export: no DIR'],
  [
    'two folders',
    ['export', '--checkpoint', at('in'), '--to', 'hf', 'a', 'b'],
    "export: 'a' and 'b' (expected one DIR)",
  ],
  ['another program', ['export', '--checkpoint', at('in'), '--to', 'onnx', 'a'], "export: --to: 'onnx'"],
])('refuses %s and writes nothing', async (_, words, message) => {
  writeFileSync(at('in'), 'a');
  const { status, errors } = await command(words);
  expect([status, ...errors]).toEqual([2, expect.stringContaining(message)]);
  expect(existsSync(at('x'))).toBe(false);
});
