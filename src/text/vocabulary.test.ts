import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oncePerVocabulary, Vocabulary } from './vocabulary.ts';
import { words } from './words.ts';

describe('words', () => {
  it.each([
    ['Where is Mary?', ['where', 'is', 'mary', '?']],
    ['John went back to the office.', ['john', 'went', 'back', 'to', 'the', 'office', '.']],
    ["«It’s 5 o'clock», she said…", ['«', 'it’s', '5', "o'clock", '»', ',', 'she', 'said', '…']],
    ['[CLS] a [SEP][PAD] [cls]', ['[CLS]', 'a', '[SEP]', '[PAD]', '[', 'cls', ']']],
    // A mark belongs to its letter: accents, vowel signs, points, in NFC.
    ['cafe\u0301 \u0915\u093f\u0924\u093e\u092c', ['café', '\u0915\u093f\u0924\u093e\u092c']],
    ['\u0643\u0650\u062a\u0627\u0628\u064c!', ['\u0643\u0650\u062a\u0627\u0628\u064c', '!']],
    [
      '\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
      ['\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
    ],
    ['I\u2764\ufe0fyou', ['i', '\u2764\ufe0f', 'you']],
    [' \n\t\uFEFF', []],
    ['', []],
  ])('splits %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('splits its own output into the same words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(words(words(text).join(' '))).toEqual(words(text));
      }),
    );
  });

  it('loses nothing but white space and case', () => {
    const anyText = fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes));
    // Both ways, because a Greek sigma is lower-cased by what follows it.
    const fold = (text: string) => text.toLowerCase().toUpperCase();
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fold(words(text).join(''))).toBe(fold(text.normalize('NFC').replace(/\s/gu, '')));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('Vocabulary', () => {
  const vocabulary = Vocabulary.of(['mary', 'went', 'mary', '.']);

  it('puts the special tokens first and drops repeats', () => {
    expect(vocabulary.words).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'mary', 'went', '.']);
    expect(vocabulary.size).toBe(7);
    expect(
      [vocabulary.pad, vocabulary.unknown, vocabulary.cls, vocabulary.sep].map((id) => vocabulary.word(id)),
    ).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]']);
  });

  it('encodes text, with [UNK] for unknown words', () => {
    expect([...vocabulary.encode('Mary went home.')]).toEqual([4, 5, 1, 6]);
  });

  it('gives every word its own id', () => {
    vocabulary.words.forEach((word, id) => {
      expect(vocabulary.id(word)).toBe(id);
      expect(vocabulary.word(id)).toBe(word);
    });
    expect(vocabulary.word(7)).toBe('[UNK]');
    expect(vocabulary.id('toString')).toBe(vocabulary.unknown);
  });

  it('refuses words without the special tokens first, or a word twice', () => {
    expect(() => new Vocabulary(['[PAD]', 'mary'], 'a.safetensors')).toThrow(
      "a.safetensors: 'mary' as word 1 (expected [UNK])",
    );
    expect(() => new Vocabulary(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'a'])).toThrow(
      "vocabulary: 'a' twice (expected every word once)",
    );
  });
});

it('oncePerVocabulary caches one value per vocabulary', () => {
  let made = 0;
  const size = oncePerVocabulary((vocabulary) => ({ size: vocabulary.size, number: ++made }));
  const [small, large] = [Vocabulary.of([]), Vocabulary.of(['a'])];
  expect([small, large, small, large].map(size)).toEqual([
    { size: 4, number: 1 },
    { size: 5, number: 2 },
    { size: 4, number: 1 },
    { size: 5, number: 2 },
  ]);
});
