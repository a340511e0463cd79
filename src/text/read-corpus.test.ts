import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { fileSource, type TextSource } from '../io/text-source.ts';
import { Random } from '../random.ts';
import { language } from '../tasks/language.ts';
import { expectWikiText, fixture } from '../testing/published.ts';
import { units } from './corpus.ts';
import { generatedNoise } from './noise.ts';
import { type CorpusOptions, readCorpus } from './read-corpus.ts';
import { Vocabulary } from './vocabulary.ts';

const source = (...parts: BlobPart[]) => fileSource(new Blob(parts), 'book.txt');
const read = (text: string, options: CorpusOptions) => readCorpus(source(text), options);

/** All tokens of a split, as words. */
async function wordsOf(text: string, options: CorpusOptions, split: 'train' | 'validation') {
  const corpus = await read(text, options);
  return [...corpus.sample(new Random(1), split, corpus.length(split))].map((id) => corpus.vocabulary.word(id));
}

describe('readCorpus', () => {
  it('keeps the last 5 % for validation, in every unit', async () => {
    const words = Array.from({ length: 100 }, (_, k) => `w${k}`);
    expect(await wordsOf(words.join(' '), { unit: 'words' }, 'train')).toEqual(words.slice(0, 95));
    expect(await wordsOf(words.join(' '), { unit: 'words' }, 'validation')).toEqual(words.slice(95));
    const text = 'Añ€😀\n'.repeat(20);
    expect((await wordsOf(text, { unit: 'characters' }, 'train')).join('')).toBe(text.slice(0, 6 * 19));
    expect((await wordsOf(text, { unit: 'characters' }, 'validation')).join('')).toBe('Añ€😀\n');
    const bytes = [...new TextEncoder().encode(text)];
    const corpus = await read(text, { unit: 'bytes' });
    expect(corpus.length('train')).toBe(209);
    expect(corpus.length('validation')).toBe(11);
    expect([...corpus.sample(new Random(1), 'validation', 11)].map((id) => id - 4)).toEqual(bytes.slice(209));
  });

  it('samples from every position of a split, and never beyond it', async () => {
    const words = Array.from({ length: 200 }, (_, k) => `w${k}`);
    const corpus = await read(words.join(' '), { unit: 'words' });
    for (const [split, first, last] of [
      ['train', 0, 187],
      ['validation', 190, 197],
    ] as const) {
      const random = new Random(2);
      const starts = new Set<string>();
      for (let k = 0; k < 4000; k++) {
        const sample = [...corpus.sample(random, split, 3)].map((id) => corpus.vocabulary.word(id));
        const at = words.indexOf(sample[0] ?? '');
        expect(sample).toEqual(words.slice(at, at + 3));
        starts.add(sample[0] ?? '');
      }
      expect([...starts].sort()).toEqual(words.slice(first, last + 1).sort());
    }
    const draw = (seed: number) => corpus.sample(new Random(seed), 'train', 50);
    expect(draw(3)).toEqual(draw(3));
  });

  it('keeps the most frequent words and characters, and reads the others as [UNK]', async () => {
    const text = `${'the cat sat on the mat . '.repeat(20)}zebra`;
    const corpus = await read(text, { unit: 'words', vocabularySize: 3 });
    expect(corpus.vocabulary.words).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'the', 'cat', 'sat']);
    expect((await wordsOf(text, { unit: 'words', vocabularySize: 3 }, 'train')).slice(0, 7)).toEqual(
      'the cat sat [UNK] the [UNK] [UNK]'.split(' '),
    );
    // 1100 characters, of which the first 1000 occur twice.
    const many = Array.from({ length: 1100 }, (_, k) => String.fromCodePoint(0x4e00 + k)).join('');
    const characters = await read(many + many.slice(0, 1000), { unit: 'characters' });
    expect(characters.vocabulary.size).toBe(1028);
    expect(characters.vocabulary.words.slice(4, 1004).join('')).toBe(many.slice(0, 1000));
    expect(characters.vocabulary.id(many.charAt(1099))).toBe(characters.vocabulary.unknown);
  });

  it('reads special tokens that a text spells out as [UNK]', async () => {
    const text = 'a [PAD] <unk> [SEP] [CLS] [UNK] '.repeat(10);
    for (const published of [text, text.replaceAll('<unk>', '')])
      expect(new Set(await wordsOf(published, { unit: 'words' }, 'train'))).toEqual(new Set(['a', '[UNK]']));
  });

  it('reads text in the published format of WikiText: split at spaces, with a word for the end of each line', async () => {
    const text = fixture('wikitext.txt');
    const figures = await expectWikiText('wikitext.txt', new TextEncoder().encode(text));
    expect(figures).toMatchObject({ words: 200, lines: 13, unknown: 4 });
  });

  it('uses the words of a model instead of its own, in one pass', async () => {
    let opened = 0;
    const once = (text: string): TextSource => ({
      ...source(text),
      open() {
        opened++;
        return source(text).open();
      },
    });
    const vocabulary = Vocabulary.of(['cat', 'the', 'a', 't']);
    const corpus = await readCorpus(once('the cat sat '.repeat(20)), { unit: 'words', vocabulary });
    expect([...corpus.sample(new Random(1), 'train', 57)].slice(0, 3).sort()).toEqual([1, 4, 5]);
    const characters = await readCorpus(once('a cat'.repeat(20)), { unit: 'characters', vocabulary });
    expect([...characters.sample(new Random(1), 'train', 95)].slice(0, 5)).toEqual([6, 1, 1, 6, 7]);
    expect(opened).toBe(2);
    const bytes = await read('abc'.repeat(20), { unit: 'bytes' });
    expect((await read('abc'.repeat(20), { unit: 'bytes', vocabulary: bytes.vocabulary })).vocabulary).toBe(
      bytes.vocabulary,
    );
    await expect(read('abc'.repeat(20), { unit: 'bytes', vocabulary })).rejects.toThrow(
      new InputError('vocabulary', '8 words', 'the 256 bytes in order, to read a text in bytes'),
    );
    const huge = Vocabulary.of(Array.from({ length: 65_536 }, (_, k) => `w${k}`));
    await expect(read('abc', { unit: 'words', vocabulary: huge })).rejects.toThrow(
      new InputError('vocabulary', '65540 words', 'at most 65536'),
    );
  });

  it('validates on a published part, whose words are not counted', async () => {
    const train = source('the cat sat on the mat '.repeat(20));
    const validation = source('the zebra sat .');
    const corpus = await readCorpus({ train, validation }, { unit: 'words' });
    expect([corpus.length('train'), corpus.length('validation')]).toEqual([120, 4]);
    const words = [...corpus.sample(new Random(1), 'validation', 4)].map((id) => corpus.vocabulary.word(id));
    expect(words).toEqual(['the', '[UNK]', 'sat', '[UNK]']);
    expect(corpus.report).toMatchObject({ words: 124, unknown: 2 });
  });

  it('of a held-out part alone has nothing to train on', async () => {
    const vocabulary = Vocabulary.of(['the', 'zebra', 'sat']);
    const corpus = await readCorpus({ validation: source('the zebra sat') }, { unit: 'words', vocabulary });
    expect([corpus.length('train'), corpus.length('validation')]).toEqual([0, 3]);
    expect(() => corpus.sample(new Random(1), 'train', 2)).toThrow(
      new InputError('book.txt', '0 words for train', 'at least 2, one sample; use a longer text, or fewer segments'),
    );
  });

  it('reads a text for a model of WikiText as that was read, whatever the text looks like', async () => {
    const vocabulary = Vocabulary.of(['The', 'cat.', '@-@', '<eos>']);
    const corpus = await read('The cat.\n'.repeat(20), { unit: 'words', vocabulary });
    expect(corpus.report).toMatchObject({ words: 60, unknown: 0 });
  });

  it('supplies the language task', async () => {
    const corpus = await read('It was the best of times. '.repeat(100), { unit: 'words' });
    const noise = generatedNoise();
    const vocabulary = language.vocabulary({ noise, corpus });
    const request = { segments: 4, segmentSize: 8, split: 'train', vocabulary, noise, corpus } as const;
    expect(language.sample(new Random(1), request).tokens).toHaveLength(33);
    expect(() => language.sample(new Random(1), { ...request, split: 'validation', segments: 9 })).toThrow(
      new InputError(
        'book.txt',
        '35 words for validation',
        'at least 73, one sample; use a longer text, or fewer segments',
      ),
    );
  });

  it('drops a character that the end cuts off, as in enwik8', async () => {
    const bytes = new TextEncoder().encode(`${'x'.repeat(59)}€`);
    const cut = source(bytes.slice(0, 61));
    expect((await readCorpus(cut, { unit: 'characters' })).length('train')).toBe(56);
    expect((await readCorpus(cut, { unit: 'bytes' })).length('train')).toBe(57);
  });

  it.each(units)('refuses an empty file, and one of a few tokens (%s)', async (unit) => {
    await expect(read('', { unit })).rejects.toThrow(
      new InputError('book.txt', unit === 'words' ? 'no words' : 'no text', 'a text to learn from'),
    );
    await expect(read('a b c', { unit })).rejects.toThrow(
      new InputError('book.txt', `${unit === 'words' ? 3 : 5} ${unit}`, 'more: 5 % of them are for validation'),
    );
  });

  it('refuses a file of empty lines as words, bytes that are not UTF-8, and a vocabulary that is too large', async () => {
    await expect(read('\n \n\n'.repeat(100), { unit: 'words' })).rejects.toThrow('book.txt: no words');
    const latin = source('caf', new Uint8Array([0xe9, 0x20]));
    for (const unit of units)
      await expect(readCorpus(latin, { unit })).rejects.toThrow('book.txt: not UTF-8 at byte 3');
    await expect(read('abc', { unit: 'words', vocabularySize: 65_533 })).rejects.toThrow(
      new InputError('book.txt: vocabulary size', '65533', 'a whole number from 1 to 65532'),
    );
  });

  it('reports progress that rises to 1', async () => {
    for (const unit of units) {
      const progress: number[] = [];
      await read('hello world, '.repeat(100_000), { unit, onProgress: (done) => progress.push(done) });
      expect(progress.length).toBeGreaterThan(4);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect(progress.at(-1)).toBe(1);
      expect(progress[0]).toBeLessThan(0.3);
    }
  });

  it('reproduces any text from its tokens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 50 }), async (text) => {
        fc.pre(/[\p{L}\p{N}]/u.test(text));
        for (const unit of ['characters', 'bytes'] as const) {
          const corpus = await read(text, { unit });
          const all = (['train', 'validation'] as const).flatMap((split) => [
            ...corpus.sample(new Random(1), split, corpus.length(split)),
          ]);
          const bytes = Uint8Array.from(all, (id) => id - 4);
          const found =
            unit === 'bytes' ? new TextDecoder().decode(bytes) : all.map((id) => corpus.vocabulary.word(id)).join('');
          expect(found).toBe(unit === 'characters' ? text.normalize('NFC') : text);
        }
      }),
    );
  });
});

/** A text of `size` bytes, generated piece by piece. */
function endless(size: number): TextSource {
  const line = new TextEncoder().encode('the quick brown fox — jumps over 13 lazy dogs .\n');
  const piece = new Uint8Array(2 ** 20);
  for (let at = 0; at < piece.length; at++) piece[at] = line[at % line.length] ?? 0;
  return {
    name: 'endless.txt',
    size,
    async *open() {
      // Truncated to whole lines, so that every piece begins with a line.
      const whole = piece.subarray(0, piece.length - (piece.length % line.length));
      for (let at = 0; at < size; at += whole.length) yield whole.subarray(0, size - at);
    },
  };
}

describe('a long text', () => {
  it.each([
    ['bytes', 8_000_000, 1],
    // The dash is one character of three bytes.
    ['characters', 8_000_000, 48 / 50],
    ['words', 6_000_000, 12 / 50],
  ] as const)('in %s, %i bytes of it, takes little more memory than its tokens', async (unit, size, tokensPerByte) => {
    const corpus = await readCorpus(endless(size), { unit });
    const tokens = corpus.length('train') + corpus.length('validation');
    expect(Math.abs(tokens / (size * tokensPerByte) - 1)).toBeLessThan(0.001);
    // Few distinct tokens take one byte each; the last block may not be full.
    expect(corpus.byteLength).toBeLessThan(tokens + 2 ** 20);
  });
});
