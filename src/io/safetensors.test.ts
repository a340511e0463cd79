import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';

const golden = new URL('../testing/golden/', import.meta.url);
const text = (value: string) => new TextEncoder().encode(value);

/** A file with exactly this header, and this many bytes of data. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = text(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const entry = (shape: unknown, data_offsets: unknown, dtype: unknown = 'F32') => ({ dtype, shape, data_offsets });
const tensor = (shape: number[], values: number[]): StoredTensor => ({ shape, data: Float32Array.from(values) });
const bits = (data: Float32Array) => [...new Uint32Array(data.buffer, data.byteOffset, data.length)];

describe('writeSafetensors', () => {
  it('writes what the Python library writes', () => {
    // save_file({'a': [[1, 2]], 'b': 0.5}, metadata={'format': 'pt'}) of safetensors 0.8
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    const data = new Uint8Array(Float32Array.of(1, 2, 0.5).buffer);
    const bytes = writeSafetensors(
      [
        ['a', tensor([1, 2], [1, 2])],
        ['b', tensor([], [0.5])],
      ],
      { format: 'pt' },
    );
    expect(bytes).toEqual(Uint8Array.from([padded.length, 0, 0, 0, 0, 0, 0, 0, ...text(padded), ...data]));
  });

  it.each(readdirSync(golden).filter((name) => name.endsWith('.safetensors') && !name.startsWith('dtypes')))(
    'rewrites %s identically',
    (name) => {
      const bytes = new Uint8Array(readFileSync(new URL(name, golden)));
      const { tensors, metadata } = readSafetensors(bytes, name);
      expect(Buffer.compare(writeSafetensors(tensors, metadata), bytes)).toBe(0);
    },
  );

  it('keeps the order given, in the header too', () => {
    const order = ['z', '10', '9', 'a'];
    const bytes = writeSafetensors(order.map((name) => [name, tensor([1], [1])]));
    expect([...new TextDecoder().decode(bytes).matchAll(/"([^"]+)":\{/g)].map(([, name]) => name)).toEqual(order);
    expect([...readSafetensors(bytes, 'f').tensors.keys()]).toEqual(order);
  });

  it('omits the metadata if there is none', () => {
    expect(new TextDecoder().decode(writeSafetensors([]).subarray(8))).toBe('{}      ');
  });

  // biome-ignore format: a table
  it.each<[string, [string, StoredTensor][], Record<string, string>, string]>([
    ['a wrong shape', [['a', tensor([3], [1, 2])]], {}, "writing safetensors: 'a' has 2 values, expected shape (3)"],
    ['a broken shape', [['a', tensor([-1, -2], [1, 2])]], {}, "writing safetensors: 'a' has 2 values, expected shape (-1, -2)"],
    ['a name twice', [['a', tensor([0], [])], ['a', tensor([0], [])]], {}, "writing safetensors: 'a' twice (expected every name once)"],
    ['the metadata’s name', [['__metadata__', tensor([0], [])]], {}, "writing safetensors: '__metadata__' twice (expected every name once)"],
    ['__proto__', [['__proto__', tensor([0], [])]], {}, "writing safetensors: the name '__proto__' (expected another name)"],
    ['half a character', [['a\ud800', tensor([0], [])]], {}, 'writing safetensors: "a\\ud800" (expected well-formed Unicode)'],
    ['half a character in the metadata', [], { a: '\udc00' }, 'writing safetensors: __metadata__ \'a\': "\\udc00" (expected well-formed Unicode)'],
  ])('refuses %s', (_, tensors, metadata, message) => {
    expect(() => writeSafetensors(tensors, metadata)).toThrow(expect.objectContaining({ message }));
  });
});

describe('readSafetensors', () => {
  it('reads the types and edge values that Python wrote', () => {
    const want: Record<string, { dtype: string; shape: number[]; values: number[] }> = JSON.parse(
      readFileSync(new URL('dtypes.json', golden), 'utf8'),
    );
    const { tensors, metadata } = readSafetensors(readFileSync(new URL('dtypes.safetensors', golden)), 'dtypes');
    expect(metadata).toEqual({ format: 'pt' });
    expect([...tensors.keys()]).toEqual(Object.keys(want));
    for (const [name, { shape, values }] of Object.entries(want)) {
      expect(tensors.get(name)?.shape, name).toEqual(shape);
      // Compared as bits: -0 is not 0.
      expect(bits(tensors.get(name)?.data ?? new Float32Array()), name).toEqual(bits(Float32Array.from(values)));
    }
  });

  it('reads infinities and NaN of every type', () => {
    const halves = [0x7c00, 0xfc00, 0x7e00, 0x7f80, 0xff80, 0x7fc0];
    const bytes = file({ h: entry([3], [0, 6], 'F16'), b: entry([3], [6, 12], 'BF16') }, 12);
    bytes.set(new Uint8Array(Uint16Array.from(halves).buffer), bytes.length - 12);
    const { tensors } = readSafetensors(bytes, 'f');
    const want = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    expect([...(tensors.get('h')?.data ?? [])]).toEqual(want);
    expect([...(tensors.get('b')?.data ?? [])]).toEqual(want);
  });

  it('shares the memory of the file where its numbers are aligned, and copies the others', () => {
    const bytes = writeSafetensors([['a', tensor([2], [1, 2])]]);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const dataOf = (all: Uint8Array) => readSafetensors(all, 'f').tensors.get('a')?.data;
    expect(dataOf(bytes)?.buffer).toBe(bytes.buffer);
    expect(dataOf(shifted.subarray(1))?.buffer).not.toBe(shifted.buffer);
    expect(dataOf(shifted.subarray(1))).toEqual(Float32Array.of(1, 2));
    expect(dataOf(Buffer.from(bytes))).toEqual(Float32Array.of(1, 2));
  });

  it('uses the order of the bytes, not of the header', () => {
    const bytes = file({ second: entry([1], [4, 8]), empty: entry([0], [4, 4]), first: entry([1], [0, 4]) }, 8);
    expect([...readSafetensors(bytes, 'f').tensors.keys()]).toEqual(['first', 'empty', 'second']);
  });

  it('skips the given names, whatever their type', () => {
    const bytes = file({ ids: entry([2], [0, 16], 'I64'), a: entry([1], [16, 20]) }, 20);
    expect([...readSafetensors(bytes, 'f', new Set(['ids'])).tensors.keys()]).toEqual(['a']);
  });

  // biome-ignore format: a table
  const hostile: [what: string, bytes: Uint8Array, message: string][] = [
    ['an empty file', new Uint8Array(0), 'f: 0 bytes (expected a safetensors file of at least 8 bytes)'],
    ['seven bytes', new Uint8Array(7), 'f: 7 bytes (expected a safetensors file of at least 8 bytes)'],
    ['a header longer than the file', file('{}   ').subarray(0, 12), 'f: a header of 5 bytes in a file of 12 (expected the whole file)'],
    ['a header of 2^64 - 1 bytes', new Uint8Array(16).fill(255), 'f: a header of 18446744073709551615 bytes (expected at most 100000000, as in a safetensors file)'],
    ['an empty header', file(''), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['broken JSON', file('{"a":'), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['a list', file('[]'), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['null', file('null'), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['a space before the object', file(' {}'), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['a byte-order mark', file('\ufeff{}'), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['bytes that are not UTF-8', file('{"\xff":0}').map((byte) => (byte === 0xc3 ? 0xff : byte)), 'f: a header that is not JSON (expected a JSON object in UTF-8)'],
    ['a very deep list', file(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), "f: 'a' is a list (expected an object with dtype, shape and data_offsets)"],
    ['a very deep shape', file(`{"a":{"dtype":"F32","shape":${'['.repeat(99_999)}${']'.repeat(99_999)},"data_offsets":[0,4]}}`), "f: 'a' has shape a list (expected a list of whole numbers)"],
    ['a name twice', file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), "f: 'a' twice in the header (expected every name once)"],
    ['a name twice, once escaped', file('{"a\\"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061\\"b":{}}'), "f: 'a\"b' twice in the header (expected every name once)"],
    ['a field twice', file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"shape":[1]}}'), "f: 'shape' twice in the header (expected every name once)"],
    ['the name __proto__', file('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), "f: the name '__proto__' (expected another name)"],
    ['metadata named __proto__', file('{"__metadata__":{"__proto__":"x"}}'), "f: __metadata__: the name '__proto__' (expected another name)"],
    ['half a character', file('{"\\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), 'f: "\\ud800" (expected well-formed Unicode)'],
    ['metadata that is a list', file('{"__metadata__":["x"]}'), 'f: __metadata__ is ["x"] (expected an object of strings)'],
    ['metadata that is null', file('{"__metadata__":null}'), 'f: __metadata__ is null (expected an object of strings)'],
    ['metadata that is not strings', file('{"__metadata__":{"a":1}}'), "f: __metadata__ 'a' is 1 (expected a string)"],
    ['an entry that is a number', file('{"a":1}'), "f: 'a' is 1 (expected an object with dtype, shape and data_offsets)"],
    ['an unknown type', file({ a: entry([1], [0, 4], 'F128') }, 4), "f: 'a' has dtype \"F128\" (expected F32, F64, F16, BF16)"],
    ['a type of Object.prototype', file({ a: entry([1], [0, 4], 'toString') }, 4), "f: 'a' has dtype \"toString\" (expected F32, F64, F16, BF16)"],
    ['a type that is a number', file({ a: entry([1], [0, 4], 32) }, 4), "f: 'a' has dtype 32 (expected F32, F64, F16, BF16)"],
    ['no type', file({ a: { shape: [1], data_offsets: [0, 4] } }, 4), "f: 'a' has dtype undefined (expected F32, F64, F16, BF16)"],
    ['integers', file({ a: entry([1], [0, 8], 'I64') }, 8), "f: 'a' has dtype \"I64\" (expected F32, F64, F16, BF16)"],
    ['quantised numbers', file({ a: entry([4], [0, 4], 'I8') }, 4), "f: 'a' has dtype \"I8\": quantised weights (expected F32, F64, F16, BF16; use the original model)"],
    ['booleans', file({ a: entry([1], [0, 1], 'BOOL') }, 1), "f: 'a' has dtype \"BOOL\" (expected F32, F64, F16, BF16)"],
    ['a negative size', file({ a: entry([-1, -1], [0, 4]) }, 4), "f: 'a' has shape [-1, -1] (expected a list of whole numbers)"],
    ['a broken size', file({ a: entry([0.5, 2], [0, 4]) }, 4), "f: 'a' has shape [0.5, 2] (expected a list of whole numbers)"],
    ['a size in words', file({ a: entry(['1'], [0, 4]) }, 4), "f: 'a' has shape [\"1\"] (expected a list of whole numbers)"],
    ['a size beyond 2^53', file({ a: entry([2 ** 53], [0, 4]) }, 4), "f: 'a' has shape [9007199254740992] (expected a list of whole numbers)"],
    ['sizes whose product overflows', file({ a: entry([2 ** 32, 2 ** 32], [0, 0]) }), "f: 'a' has shape (4294967296, 4294967296) (expected at most 2^53 bytes)"],
    ['bytes beyond 2^53', file({ a: entry([2 ** 52], [0, 0]) }), "f: 'a' has shape (4503599627370496) (expected at most 2^53 bytes)"],
    ['an overflow beside a zero', file({ a: entry([2 ** 52, 2 ** 52, 0], [0, 0]) }), "f: 'a' has shape (4503599627370496, 4503599627370496, 0) (expected at most 2^53 bytes)"],
    ['no offsets', file({ a: entry([0], undefined) }), "f: 'a' has data_offsets undefined (expected two whole numbers in rising order)"],
    ['three offsets', file({ a: entry([0], [0, 0, 0]) }), "f: 'a' has data_offsets [0, 0, 0] (expected two whole numbers in rising order)"],
    ['negative offsets', file({ a: entry([1], [-4, 0]) }), "f: 'a' has data_offsets [-4, 0] (expected two whole numbers in rising order)"],
    ['offsets that fall', file({ a: entry([1], [4, 0]) }, 4), "f: 'a' has data_offsets [4, 0] (expected two whole numbers in rising order)"],
    ['too few bytes', file({ a: entry([2], [0, 4]) }, 4), "f: 'a' has 4 bytes (expected 8 for shape (2) of F32)"],
    ['too many bytes', file({ a: entry([], [0, 8]) }, 8), "f: 'a' has 8 bytes (expected 4 for shape () of F32)"],
    ['an overlap', file({ a: entry([2], [0, 8]), b: entry([1], [4, 8]) }, 8), "f: 'b' begins at byte 4 (expected 8, where the last tensor ends)"],
    ['the same bytes twice', file({ a: entry([1], [0, 4]), b: entry([1], [0, 4]) }, 4), "f: 'b' begins at byte 0 (expected 4, where the last tensor ends)"],
    ['a hole', file({ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, 12), "f: 'b' begins at byte 8 (expected 4, where the last tensor ends)"],
    ['a hole at the start', file({ a: entry([1], [4, 8]) }, 8), "f: 'a' begins at byte 4 (expected 0, where the last tensor ends)"],
    ['bytes that are not there', file({ a: entry([2], [0, 8]) }, 7), "f: 'a' ends at byte 8 of 7 (expected the whole file)"],
    ['bytes after the end', file({ a: entry([1], [0, 4]) }, 5), 'f: 1 bytes after the last tensor (expected the file to end there)'],
    ['bytes and no tensor', file({}, 3), 'f: 3 bytes after the last tensor (expected the file to end there)'],
  ];
  it.each(hostile)('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'f')).toThrow(InputError);
    expect(() => readSafetensors(bytes, 'f')).toThrow(expect.objectContaining({ message }));
  });

  it('never takes a value for a name', () => {
    const metadata = { a: 'b', b: 'a', list: '["a","a",{"b":"b"},{"b":[]}]' };
    const tensors =
      '{"a":{"dtype":"F32","note":["a","a",{"b":"b"},{"b":["b","b"]},"a"],"shape":[0],"data_offsets":[0,0]},"b":';
    const bytes = file(
      `${tensors}{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"__metadata__":${JSON.stringify(metadata)}}`,
    );
    expect(readSafetensors(bytes, 'f').metadata).toEqual(metadata);
  });

  it('keeps long names out of messages', () => {
    expect(() => readSafetensors(file({ ['x'.repeat(5000)]: entry([1], [0, 8]) }, 8), 'f')).toThrow(
      `f: '${'x'.repeat(200)}…' has 8 bytes (expected 4 for shape (1) of F32)`,
    );
  });
});

describe('any file', () => {
  const name = fc
    .string({ unit: 'binary', maxLength: 12 })
    .filter((name) => name !== '__metadata__' && name !== '__proto__');
  const stored = fc.array(fc.nat({ max: 4 }), { maxLength: 4 }).chain((shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }));
  });
  const content = fc.record({
    tensors: fc.uniqueArray(fc.tuple(name, stored), { selector: ([name]) => name, maxLength: 6 }),
    metadata: fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 3, noNullPrototype: true }),
  });

  it('is read back as it was written, to the bit, and is written identically again', () => {
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        const bytes = writeSafetensors(tensors, metadata);
        const read = readSafetensors(bytes, 'f');
        expect(read.metadata).toEqual(metadata);
        expect([...read.tensors]).toHaveLength(tensors.length);
        [...read.tensors].forEach(([name, { shape, data }], i) => {
          expect([name, shape, bits(data)]).toEqual([
            tensors[i]?.[0],
            tensors[i]?.[1].shape,
            bits(tensors[i]?.[1].data ?? data),
          ]);
        });
        expect(writeSafetensors(read.tensors, read.metadata)).toEqual(bytes);
      }),
    );
  });

  it('is read or refused when cut or changed at any byte', () => {
    const damage = fc.oneof(
      fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({
        flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
      }),
    );
    fc.assert(
      fc.property(content, damage, ({ tensors, metadata }, how) => {
        let bytes = writeSafetensors(tensors, metadata);
        if ('cut' in how) bytes = bytes.slice(0, Math.floor(how.cut * bytes.length));
        else for (const [at, value] of how.flips) bytes[Math.floor(at * (bytes.length - 1))] = value;
        try {
          readSafetensors(bytes, 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused when it is cut anywhere', () => {
    const bytes = writeSafetensors([['a', tensor([2], [1, 2])]], { format: 'pt' });
    for (let length = 0; length < bytes.length; length++)
      expect(() => readSafetensors(bytes.subarray(0, length), 'f'), String(length)).toThrow(InputError);
  });
});
