// The part of Protocol Buffers' wire format that an ONNX file needs.
// Source: https://protobuf.dev/programming-guides/encoding/

/** The bytes of a message, or of part of one. */
export type Bytes = readonly Uint8Array[];

const text = new TextEncoder();

/** An integer of at most 53 bits, 7 bits per byte, lowest first. */
function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`protobuf: ${value} (expected a whole number)`);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

const key = (field: number, wire: 0 | 2 | 5): Uint8Array => varint(field * 8 + wire);
const sizeOf = (parts: Bytes): number => parts.reduce((sum, { length }) => sum + length, 0);

export const integer = (field: number, value: number): Bytes => [key(field, 0), varint(value)];

export function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [key(field, 5), bytes];
}

export const message = (field: number, ...parts: readonly Bytes[]): Bytes => {
  const content = parts.flat();
  return [key(field, 2), varint(sizeOf(content)), ...content];
};

export const bytes = (field: number, value: Uint8Array): Bytes => message(field, [value]);
export const string = (field: number, value: string): Bytes => bytes(field, text.encode(value));

export function concatenated(parts: Bytes): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
