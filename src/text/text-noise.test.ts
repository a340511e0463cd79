import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { places } from '../tasks/facts.ts';
import { taskVocabulary } from '../tasks/index.ts';
import { articleAsNoise, expectFactlessNoise, fixture, qualityArticles } from '../testing/published.ts';
import { textNoise } from './text-noise.ts';
import type { Vocabulary } from './vocabulary.ts';

const read = (tokens: Int32Array, vocabulary: Vocabulary) => [...tokens].map((id) => vocabulary.word(id));

describe('textNoise', () => {
  it('reads the text cyclically from a random word', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom('one', 'Two', 'three', '.'), { minLength: 1, maxLength: 20 })
          .filter((w) => w.some((x) => x !== '.')),
        fc.nat({ max: 100 }),
        fc.integer(),
        (text, length, seed) => {
          const noise = textNoise('text', text.join(' '), places);
          const vocabulary = taskVocabulary(noise);
          const found = read(noise.fill(new Random(seed), length, vocabulary), vocabulary);
          expect(found).toHaveLength(length);
          const starts = text.map((_, start) =>
            found.every((word, k) => word === text[(start + k) % text.length]?.toLowerCase()),
          );
          expect(starts).toContain(true);
        },
      ),
    );
  });

  it('starts at any word', () => {
    const noise = textNoise('text', 'a b c d', places);
    const vocabulary = taskVocabulary(noise);
    const random = new Random(1);
    const starts = Array.from({ length: 100 }, () => read(noise.fill(random, 1, vocabulary), vocabulary)[0]);
    expect([...new Set(starts)].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('adds its most frequent words to the vocabulary, first occurrences first, and reads the others as [UNK]', () => {
    const noise = textNoise('text', 'rare a b b a b once', places, 3);
    expect(noise.words).toEqual(['b', 'a', 'rare']);
    const vocabulary = taskVocabulary(noise);
    expect(read(noise.fill(new Random(1), 7, vocabulary), vocabulary).sort()).toEqual([
      '[UNK]',
      'a',
      'a',
      'b',
      'b',
      'b',
      'rare',
    ]);
    expect(textNoise('text', Array.from({ length: 500 }, (_, k) => `w${k}`).join(' '), places).words).toHaveLength(400);
  });

  it('states no fact: places are read as [UNK], and so are special tokens in the text', () => {
    const noise = textNoise(
      'text',
      'Mary went to the KITCHEN. The office is east of the garden. [CLS] [SEP] [PAD] [UNK] [x]',
      places,
    );
    expect(noise.words).toEqual(['the', '.', 'mary', 'went', 'to', 'is', 'east', 'of', '[', 'x', ']']);
    const vocabulary = taskVocabulary(noise);
    const found = read(noise.fill(new Random(1), 21, vocabulary), vocabulary).join(' ');
    const once = 'mary went to the [UNK] . the [UNK] is east of the [UNK] . [UNK] [UNK] [UNK] [UNK] [ x ]';
    expect(`${once} ${once}`).toContain(found);
  });

  it('removes every fact from a text full of facts', () => {
    expectFactlessNoise('babi.txt', fixture('babi.txt'));
  });

  const wanted = '(expected a text with at least one word)';
  it.each([
    ['nothing', '', 'no text'],
    ['white space', ' \n\t\r\n', 'no text'],
    ['punctuation', '... --- !?', 'no words'],
    ['a NUL character', 'words and\0words', 'binary data (a NUL character)'],
    ['control characters', `words ${'\u0001'.repeat(4)}`, 'binary data (40 % of it is not readable text)'],
    [
      'replacement characters of a decoder',
      `${'\ufffd'.repeat(2)}eleven1234`,
      'binary data (17 % of it is not readable text)',
    ],
  ])('refuses %s', (_, text, found) => {
    expect(() => textNoise('novel.txt', text, places)).toThrow(`novel.txt: ${found} ${wanted}`);
  });

  it('accepts a text with a few unreadable characters', () => {
    expect(textNoise('t', `${'\ufffd'}twelve  1234`, places).words).toContain('twelve');
    expect(textNoise('t', 'lines\r\nand\ttabs\f', places).words).toEqual(['lines', 'and', 'tabs']);
  });

  it('refuses more than 16 Mi characters, and accepts exactly that many', () => {
    const text = 'abcdefghijklmno '.repeat(2 ** 20);
    expect(() => textNoise('huge.txt', `${text}.`, places)).toThrow(
      'huge.txt: 16777217 characters (expected a text of at most 16777216 characters)',
    );
    expect(textNoise('large.txt', text, places).words).toEqual(['abcdefghijklmno']);
  });

  it('reads an article in the format of QuALITY', () => {
    const [article = '', ...others] = qualityArticles(fixture('quality.jsonl'));
    expect(others).toEqual([]);
    expect(article).toContain('goes on ticking');
    const { first, kept, unknown } = articleAsNoise(article, 60);
    expect(first).toEqual(['the', ',', '.', 'and']);
    expect(kept).toBe(60);
    expect(unknown).toBeGreaterThan(0.2);
    expect(unknown).toBeLessThan(0.4);
  });
});
