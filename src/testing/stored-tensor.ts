// One tensor of a safetensors file, of type F32 or I32, for tests.
import { expect } from 'vitest';
import { locate } from '../io/safetensors-entries.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';

/** Shape and numbers of a tensor. */
export function tensorIn(bytes: Uint8Array, name: string): { readonly shape: number[]; readonly numbers: number[] } {
  const header = readSafetensorsHeader(bytes, 'file');
  const entry = locate(header, bytes.length, 'file').find((each) => each.name === name);
  if (!entry) expect.fail(`no tensor ${name}, only ${[...header.entries.keys()].join(', ')}`);
  const own = bytes.slice(header.end + entry.begin, header.end + entry.end).buffer;
  expect(['F32', 'I32']).toContain(entry.dtype);
  return { shape: entry.shape, numbers: [...(entry.dtype === 'I32' ? new Int32Array(own) : new Float32Array(own))] };
}

/** The numbers of a tensor that has this shape. */
export function numbersIn(bytes: Uint8Array, name: string, shape: readonly number[]): number[] {
  const found = tensorIn(bytes, name);
  expect(found.shape, name).toEqual(shape);
  return found.numbers;
}
