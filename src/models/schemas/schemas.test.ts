import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { activationNames } from '../../engine/ops/linear.ts';
import { gpt2Entries } from './gpt2.ts';

it('GPT-2 supports every activation of the engine', () => {
  expect(gpt2Entries.activation_function.wrapped.options).toEqual(activationNames);
});

it('schemas import nothing from the engine, so that the page can use them', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThanOrEqual(6);
  for (const file of files)
    for (const [, path] of readFileSync(`${folder}${file}`, 'utf8').matchAll(/from '([^']+)'/g))
      expect(['valibot', './fields.ts'], file).toContain(path);
});
