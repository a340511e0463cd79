// Every bundled model has the commands that train it from random weights, and they are commands.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { presetConfig } from './presets.ts';

const read = (file: string) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8'));
const recipes: Record<string, { after?: string; commands: string[] }> = read('results/bundled.json');
const bundled: string[] = read('public/checkpoints/manifest.json').checkpoints.map(({ file }: { file: string }) =>
  file.replace('.safetensors', ''),
);

it('trains every bundled model, and nothing else', () => {
  expect(Object.keys(recipes).sort()).toEqual([...bundled].sort());
});

it.each(Object.entries(recipes))('%s is trained by commands that exist', (_, { after, commands }) => {
  if (after !== undefined) expect(Object.keys(recipes)).toContain(after);
  commands.forEach((command, k) => {
    const [verb, ...words] = command.split(' ');
    expect(words.includes('BEFORE')).toBe(k > 0 || after !== undefined);
    if (verb === 'import') return;
    expect(verb).toBe('train');
    const preset = presetConfig(words[words.indexOf('--preset') + 1] ?? '');
    const sets = words.flatMap((word, at) => (word === '--set' ? [(words[at + 1] ?? '').split('=')] : []));
    const list = (text: string) => (text.includes(',') ? text.split(',').map(Number) : [Number(text)]);
    const parsed = (name: string, text: string) => {
      const initial = (preset as Readonly<Record<string, unknown>>)[name];
      expect(initial, name).toBeDefined();
      return Array.isArray(initial) ? list(text) : typeof initial === 'number' ? Number(text) : text;
    };
    const changed = Object.fromEntries(sets.map(([name = '', text = '']) => [name, parsed(name, text)]));
    expect(() => parseConfig({ ...preset, ...changed }, command)).not.toThrow();
  });
});
