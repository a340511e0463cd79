import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runConfigOf } from '../experiment/workspace.ts';
import { readCheckpoint } from '../models/checkpoint.ts';
import { configOfTraining } from './checkpoint-header.ts';

it('a checkpoint that lacks later settings has the same configuration here as where its run resumes', () => {
  const bytes = new Uint8Array(readFileSync(new URL('../../public/checkpoints/copy.safetensors', import.meta.url)));
  const { training } = readCheckpoint(bytes, 'copy');
  const { config } = training as { readonly config: object };
  expect(config).not.toHaveProperty('key_norm');
  expect(configOfTraining('copy.safetensors', bytes)).toEqual(runConfigOf(config, 'copy'));
});
