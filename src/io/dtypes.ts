// The number formats of tensors in files, and their conversion to f32. All current engines are little-endian, like the
// files.
import { InputError } from '../errors.ts';
import { quoted } from './message.ts';

/** Bytes of an element, for every type whose layout can be checked. */
export const elementBytes: ReadonlyMap<string, number> = new Map([
  ...['F64', 'I64', 'U64', 'C64'].map((dtype) => [dtype, 8] as const),
  ...['F32', 'I32', 'U32'].map((dtype) => [dtype, 4] as const),
  ...['F16', 'BF16', 'I16', 'U16'].map((dtype) => [dtype, 2] as const),
  ...['BOOL', 'I8', 'U8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'].map((dtype) => [dtype, 1] as const),
]);

const toFloat32: Readonly<Record<string, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => new Float32Array(...aligned(bytes, 4)),
  F64: (bytes) => new Float32Array(new Float64Array(...aligned(bytes, 8))),
  F16: (bytes) => {
    halfTable ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToFloat(bits));
    const bits = new Uint16Array(...aligned(bytes, 2));
    const data = new Float32Array(bits.length);
    for (let i = 0; i < data.length; i++) data[i] = halfTable[bits[i] as number] as number;
    return data;
  },
  BF16: (bytes) => {
    const bits = new Uint16Array(...aligned(bytes, 2));
    const data = new Uint32Array(bits.length);
    for (let i = 0; i < data.length; i++) data[i] = (bits[i] as number) << 16;
    return new Float32Array(data.buffer);
  },
};

/** The types that can be read, for messages. */
export const readable = Object.keys(toFloat32).join(', ');

const quantised = new Set(['I8', 'U8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0']);

/**
 * The numbers of a tensor as f32. Bytes that already are f32 are not copied where they are aligned.
 * @param bytes little-endian, in row-major order
 * @throws InputError naming the tensor and its type, if that is none of F32, F64, F16 and BF16
 */
export function float32Of(dtype: string, bytes: Uint8Array, name: string, where: string): Float32Array {
  const convert = Object.hasOwn(toFloat32, dtype) ? toFloat32[dtype] : undefined;
  if (convert) return convert(bytes);
  const found = `${quoted(name)} has dtype "${dtype}"`;
  if (quantised.has(dtype))
    throw new InputError(where, `${found}: quantised weights`, `${readable}; use the original model`);
  throw new InputError(where, found, readable);
}

/** Where a typed array can read the bytes: in place if they are aligned, otherwise in a copy. */
function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return [buffer, byteOffset, bytes.length / size];
}

/** The value of every half, built on first use: ten times as fast as computing each one. */
let halfTable: Float32Array | undefined;

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
