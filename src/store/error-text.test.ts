// Error messages as sentences.
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { sentenceOf } from './error-text.ts';

describe('an error on the page', () => {
  it.each([
    [new InputError('a.txt', 'no text', 'words'), 'There is a problem with a.txt: no text. It needs words.'],
    [
      new InputError('x.run.json: config: seed', "'a: b'", 'a whole number'),
      "There is a problem with x.run.json, config, seed: 'a: b'. It needs a whole number.",
    ],
    [
      { message: 'a.txt: no text (expected words)', input: { where: 'a.txt', found: 'no text', expected: 'words' } },
      'There is a problem with a.txt: no text. It needs words.',
    ],
    [
      'x.json: checkpoint: not JSON (expected a run (.json))',
      'There is a problem with x.json, checkpoint: not JSON. It needs a run (.json).',
    ],
    ['one pass takes a minute (expected a second)', 'One pass takes a minute. It needs a second.'],
    ['cut off (3 bytes)', 'cut off (3 bytes).'],
    [new Error('Choose a model first.'), 'Choose a model first.'],
    ['gone', 'gone.'],
  ])('%s is a sentence', (error, text) => {
    expect(sentenceOf(error)).toBe(text);
    expect(text).not.toMatch(/\(expected /);
  });
});
