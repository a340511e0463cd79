// The identity of what a user opened. A name is none: two files can share one, and a file can change under its name.

const numbers = new WeakMap<object, number>();
let made = 0;

/** A number of its own for every file, or bytes, that was opened. */
export function identityOf(opened: object): number {
  const number = numbers.get(opened) ?? ++made;
  numbers.set(opened, number);
  return number;
}
