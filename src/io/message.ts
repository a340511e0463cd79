// Found values formatted for a message: short and harmless, whatever a broken file contains.

const shorten = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** A shape as text: (2, 3). */
export const shapeText = (shape: readonly number[]) =>
  shape.length > 8 ? `(${shape.slice(0, 8).join(', ')}, … ${shape.length} axes)` : `(${shape.join(', ')})`;

/** A name in quotation marks. */
export const quoted = (name: string) => `'${shorten(name, 200)}'`;

/** A JSON value; only short lists are written out, because a deeply nested one would overflow the stack. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) {
    const plain = value.length <= 8 && value.every((item) => typeof item !== 'object' || item === null);
    return plain ? `[${value.map(shown).join(', ')}]` : 'a list';
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return shorten(JSON.stringify(value) ?? String(value), 60);
}
