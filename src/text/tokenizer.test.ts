import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteWords } from './corpus.ts';
import { generatedNoise } from './noise.ts';
import { tokenizerOf, unknownIn } from './tokenizer.ts';
import { Vocabulary } from './vocabulary.ts';

const encode = (text: string, vocabulary: Vocabulary) =>
  [...tokenizerOf(vocabulary).encode(text).ids].map((id) => vocabulary.word(id));

describe('a vocabulary of words', () => {
  const stories = Vocabulary.of('here is anna of paris .'.split(' '));
  const wikitext = Vocabulary.of('The game , @-@ like . = <eos>'.split(' '));

  it('reads a prompt as its training text was read: lower case, punctuation apart', () => {
    expect(encode('Here is Anna of Paris.', stories)).toEqual('here is anna of paris .'.split(' '));
  });

  it('reads a prompt for a model of WikiText as WikiText is published: at spaces, with a word for a line end', () => {
    expect(encode('The game , <unk> @-@ like .\n= The =', wikitext)).toEqual(
      'The game , [UNK] @-@ like . <eos> = The ='.split(' '),
    );
  });

  it('reads a line end as a space where the task has no lines', () => {
    expect(encode('here\nis', stories)).toEqual(['here', 'is']);
  });

  it('names the words that it does not have, each once', () => {
    const encoded = tokenizerOf(stories).encode('Here is Bob of Paris, and Bob.');
    expect(unknownIn(encoded, stories)).toEqual(['Bob', ',', 'and']);
  });

  it('tells where each token stands', () => {
    for (const [vocabulary, text] of [
      [stories, 'Here  is\nAnna.'],
      [wikitext, 'The game\n= x ='],
    ] as const) {
      const { ids, offsets, text: same } = tokenizerOf(vocabulary).encode(text);
      expect(same).toBe(text);
      expect(offsets).toHaveLength(2 * ids.length);
      const parts = [...ids].map((_, k) => text.slice(offsets[2 * k], offsets[2 * k + 1]));
      expect(parts.join(' ')).toMatch(/^(Here is Anna \.|The game \n = x =)$/);
    }
  });
});

it('a vocabulary of characters reads them in NFC', () => {
  const vocabulary = Vocabulary.of(['é', 'a', ' ', '\n']);
  const { ids, offsets, text } = tokenizerOf(vocabulary).encode('a e\u0301\n');
  expect([...ids].map((id) => vocabulary.word(id))).toEqual(['a', ' ', 'é', '\n']);
  expect(text).toBe('a é\n');
  expect([...offsets]).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
  expect(tokenizerOf(vocabulary).unit).toBe('characters');
});

describe('a vocabulary of bytes', () => {
  const vocabulary = Vocabulary.of(byteWords);
  const { encode, decode, unit } = tokenizerOf(vocabulary);

  it('reads and writes UTF-8, line ends included', () => {
    expect(unit).toBe('bytes');
    expect([...encode('é\n').ids]).toEqual([4 + 0xc3, 4 + 0xa9, 4 + 0x0a]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decode(encode(text).ids)).toBe(text);
      }),
    );
  });

  it('writes half a character as the replacement character, and a special token by its name', () => {
    expect(decode([4 + 0x61, 4 + 0xc3, 4 + 0x0a])).toBe('a\ufffd\n');
    expect(decode([4 + 0x0a, 0, 4 + 0xc3])).toBe('\n[PAD]\ufffd');
  });
});

it('the built-in words are read to the ids they always had', () => {
  const noise = generatedNoise();
  const vocabulary = Vocabulary.of(noise.words);
  const text = 'Near the river, a quiet fox watched the bell.';
  expect(tokenizerOf(vocabulary).encode(text).ids).toEqual(vocabulary.encode(text));
  expect(encode(text, vocabulary)).toEqual('near the river , a quiet fox watched the bell .'.split(' '));
});
