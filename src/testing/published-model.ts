// A published BERT of a few kilobytes, as a person or the hub has it: a bare model, its configuration, and its words.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'golden/published/bare-bert');
const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

/** Its files by name. */
export function publishedBert(): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const { vocab_size: size }: { vocab_size: number } = JSON.parse(new TextDecoder().decode(read('config.json')));
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const words = [...specials, ...Array.from({ length: size - specials.length }, (_, k) => `word${k}`)];
  return {
    'config.json': read('config.json'),
    'vocab.txt': new TextEncoder().encode(words.join('\n')),
    'model.safetensors': read('model.safetensors'),
  };
}

/** The files as a browser gives them. */
export const filesOf = (model: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): File[] =>
  Object.entries(model).map(([name, content]) => new File([content], name));
