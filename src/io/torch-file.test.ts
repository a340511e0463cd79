import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import type { FileTensor } from './file-tensor.ts';
import { bytesSource } from './text-source.ts';
import { readTorchFile } from './torch-file.ts';

// Written by src/testing/golden/torch/make_torch_files.py.
const folder = fileURLToPath(new URL('../testing/golden/torch/', import.meta.url));
const file = (name: string) => new Uint8Array(readFileSync(`${folder}${name}`));
const open = (name: string, bytes = file(name)) => readTorchFile(bytesSource(name, bytes));
const expected = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as Record<
  string,
  { shape: number[]; values: number[] }
> & { nested: Record<string, number[]> };

/** The numbers of a tensor whose values these types hold exactly. */
async function valuesOf({ dtype, bytes }: FileTensor): Promise<number[]> {
  const data = await bytes();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const readers: Record<string, readonly [size: number, read: (at: number) => number]> = {
    F64: [8, (at) => view.getFloat64(at, true)],
    F32: [4, (at) => view.getFloat32(at, true)],
    BF16: [2, (at) => new Float32Array(Uint32Array.of(view.getUint16(at, true) << 16).buffer)[0] ?? Number.NaN],
    // Multiples of 1/8 from -0.75 to 0.625: normal numbers.
    F16: [
      2,
      (at) => {
        const bits = view.getUint16(at, true);
        const magnitude = bits & 0x7fff ? 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024) : 0;
        return bits & 0x8000 ? -magnitude : magnitude;
      },
    ],
    I64: [8, (at) => Number(view.getBigInt64(at, true))],
    BOOL: [1, (at) => view.getUint8(at)],
  };
  const [size, read] = readers[dtype] ?? expect.fail(`no reader of ${dtype}`);
  return Array.from({ length: data.length / size }, (_, k) => read(k * size));
}

/** The same archive with an entry changed. */
const changed = (name: string, entry: string, bytes: Uint8Array) => {
  const entries = unzipSync(file(name));
  const path = Object.keys(entries).find((each) => each.endsWith(entry)) ?? expect.fail();
  return zipSync({ ...entries, [path]: bytes }, { level: 0 });
};

describe('a file of torch.save', () => {
  it('gives every tensor of a state dict: each type, views, shared storages, parameters', async () => {
    const found = await open('state.pth');
    const names = Object.keys(expected).filter((name) => name !== 'nested');
    expect(found.map(({ path }) => path)).toEqual(names.map((name) => [name]));
    for (const { path, tensor } of found) {
      const want = expected[path[0] ?? ''] ?? expect.fail();
      expect([path, tensor.shape]).toEqual([path, want.shape]);
      expect([path, await valuesOf(tensor)]).toEqual([path, want.values]);
    }
  });

  it('gives the tensors of a dictionary in a dictionary by their path', async () => {
    const found = await open('nested.pth');
    expect(found.map(({ path }) => path)).toEqual([
      ['model_state_dict', '0.weight'],
      ['model_state_dict', '0.bias'],
    ]);
    for (const { path, tensor } of found) expect(await valuesOf(tensor)).toEqual(expected.nested[path[1] ?? '']);
  });

  it.each([
    ['malicious.pth', "malicious.pth: data.pkl: the name '__builtin__.print' (expected a pickle of tensors"],
    ['module.pth', "module.pth: data.pkl: the name 'torch.nn.modules.container.Sequential' (expected a pickle"],
    ['legacy.pth', 'legacy.pth: a Python pickle (expected'],
  ])('is refused by name, and nothing of it is executed: %s', async (name, message) => {
    await expect(open(name)).rejects.toThrow(message);
    await expect(open(name)).rejects.toThrow(InputError);
  });

  it('is refused if a storage is missing, of another size, or in another byte order', async () => {
    const entries = unzipSync(file('nested.pth'));
    const storage = Object.keys(entries).find((name) => name.endsWith('/data/0')) ?? expect.fail();
    const { [storage]: _, ...others } = entries;
    await expect(open('a', zipSync(others, { level: 0 }))).rejects.toThrow("a: data.pkl: no storage '0'");
    await expect(open('a', changed('nested.pth', '/data/0', new Uint8Array(3)))).rejects.toThrow(
      'a: data/0: 3 bytes (expected 24, as the pickle says)',
    );
    await expect(open('a', changed('nested.pth', '/byteorder', strToU8('big')))).rejects.toThrow("byte order 'big'");
    await expect(open('a', zipSync({ 'book.txt': strToU8('a') }))).rejects.toThrow('a: a zip archive without data.pkl');
  });

  it('either gives tensors within their storages or an InputError, whatever its pickle is', {
    timeout: 120_000,
  }, async () => {
    const entries = unzipSync(file('state.pth'));
    const path = Object.keys(entries).find((name) => name.endsWith('/data.pkl')) ?? expect.fail();
    const pickle = entries[path] ?? expect.fail();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(pickle.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(pickle.length)),
        async (edits, end) => {
          const bytes = pickle.slice(0, end ?? pickle.length);
          for (const [at, byte] of edits) if (at < bytes.length) bytes[at] = byte;
          const all = await open('a', zipSync({ ...entries, [path]: bytes }, { level: 0 })).catch((error: unknown) => {
            if (!(error instanceof InputError)) throw error;
            return [];
          });
          for (const { tensor } of all)
            if (tensor.shape.reduce((product, size) => product * size, 1) < 1e5) await tensor.bytes();
        },
      ),
    );
  });
});
