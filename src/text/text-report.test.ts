import { describe, expect, it } from 'vitest';
import { suspicionsOf } from '../analysis/suspicion.ts';
import { bytesSource } from '../io/text-source.ts';
import { taskVocabulary } from '../tasks/index.ts';
import { readCorpus } from './read-corpus.ts';
import { textNoise } from './text-noise.ts';
import { reportText, type TextReport } from './text-report.ts';
import type { Unit } from './unit.ts';

const corpus = (text: string, unit: Unit, vocabularySize?: number) =>
  readCorpus(bytesSource('book.txt', new TextEncoder().encode(text)), { unit, vocabularySize });
const reportWarning = (words: TextReport) => suspicionsOf({ words })[0]?.sentence;
const reportOf = async (text: string, unit: Unit, vocabularySize?: number) =>
  (await corpus(text, unit, vocabularySize)).report;

describe('the report of a text', () => {
  it('counts what is read as [UNK], with examples, and the most frequent token', async () => {
    const text = `${'the cat sat on the mat . '.repeat(20)}zebra zebra owl`;
    expect(await reportOf(text, 'words', 6)).toEqual({
      name: 'book.txt',
      unit: 'words',
      words: 143,
      unknown: 3,
      examples: ['zebra', 'owl'],
      different: 2,
      commonest: { token: 'the', count: 40 },
    });
    const report = await reportOf(text, 'words', 6);
    expect(reportText(report)).toBe(
      'book.txt: 143 words, 2 % read as [UNK] (2 different, such as zebra owl). Most frequent: the, 28 %.',
    );
    expect(reportWarning(report)).toBeUndefined();
    expect(reportText(await reportOf('ab\n'.repeat(40), 'bytes'))).toBe(
      'book.txt: 120 bytes, all in the vocabulary. Most frequent: the line end, 33 %.',
    );
  });

  it('warns of Chinese by words and by characters, and not of Chinese by bytes', async () => {
    // Sentences without spaces over 3000 characters.
    const character = (k: number) => String.fromCodePoint(0x4e00 + ((k * k * 7919) % 3001));
    const text = Array.from({ length: 3000 }, (_, k) =>
      Array.from({ length: 12 }, (_, i) => character(12 * k + i)).join(''),
    ).join('。');
    expect(reportWarning(await reportOf(text, 'words', 1000))).toMatch(
      /read as \[UNK\].* Set the unit to characters or bytes/,
    );
    expect(reportWarning(await reportOf(text, 'characters'))).toMatch(/read as \[UNK\].* Set the unit to bytes/);
    expect(reportWarning(await reportOf(text, 'bytes'))).toBeUndefined();
  });

  it('warns of a text of one word, and of nothing but <unk>', async () => {
    const one = reportWarning(await reportOf('word '.repeat(100), 'words'));
    expect(one).toMatch(/^100 % of this text is the same token, word: a model that always predicts it/);
    expect(reportWarning(await reportOf('<unk> '.repeat(100), 'words'))).toMatch(
      /^100 % of this text is read as \[UNK\]/,
    );
  });

  it('says which words of a noise text a model does not know, reserved ones included', () => {
    const noise = textNoise('noise.txt', 'Known zebra kitchen zebra known!', ['kitchen']);
    const vocabulary = taskVocabulary(textNoise('other', 'known', []));
    expect(noise.report?.(vocabulary)).toEqual({
      name: 'noise.txt',
      unit: 'words',
      words: 6,
      unknown: 4,
      examples: ['zebra', 'kitchen', '!'],
      different: 3,
      commonest: { token: '[UNK]', count: 4 },
    });
  });
});
