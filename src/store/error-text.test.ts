// Error messages as sentences.
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { sentenceOf } from './error-text.ts';

describe('an error on the page', () => {
  it.each([
    [new InputError('a.txt', 'no text', 'words'), 'a.txt: no text. Expected: words.'],
    ['x.json: not JSON (expected a run (.json))', 'x.json: not JSON. Expected: a run (.json).'],
    ['cut off (3 bytes)', 'cut off (3 bytes).'],
    [new Error('Choose a model first.'), 'Choose a model first.'],
    ['gone', 'gone.'],
  ])('%s is a sentence', (error, text) => {
    expect(sentenceOf(error)).toBe(text);
  });
});
