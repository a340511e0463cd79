// The schemas of values in an address: numbers, lists and names, each with what is expected of it.
import * as v from 'valibot';
import { tasks } from '../tasks/index.ts';

/** Segments that a document of an evaluation or a stream may have. */
export const mostSegments = 4096;

export const integer = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
};
export const integers = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',')),
    v.maxLength(64, 'a list of at most 64 numbers'),
    v.array(integer(min, max)),
  );
/** A subset of the known names, in their order. */
export const some = <const T extends readonly string[]>(names: T) => {
  const expected = `one or more of ${names.join(', ')}`;
  return v.pipe(
    v.string(),
    v.transform((text) => text.split(',')),
    v.array(v.picklist(names, expected)),
    v.transform((chosen) => names.filter((known) => chosen.includes(known))),
  );
};
export const name = v.pipe(v.string(), v.minLength(1, 'a name'));
export const namesUpTo = (most: number) =>
  v.pipe(
    v.string(),
    v.transform((text) => text.split(',')),
    v.maxLength(most, `a list of at most ${most} names`),
    v.array(name),
  );
export const names = namesUpTo(16);
export const task = v.picklist(Object.keys(tasks), `one of ${Object.keys(tasks).join(', ')}`);
export const seed = integer(0, 2 ** 31 - 1);
export const yes = v.picklist(['true', 'false'], 'true or false');

const percent = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;

/**
 * A value in a link: commas stay readable, everything else is escaped. Programs that find links in a text leave out
 * punctuation at the end, and some cut a link at quotation marks, brackets and stars, so these are escaped too.
 */
export const escaped = (value: string) =>
  encodeURIComponent(value)
    .replaceAll('%2C', ',')
    .replaceAll(/[!'()*]/g, percent)
    .replace(/[.,~_-]+$/, (end) => [...end].map(percent).join(''));
