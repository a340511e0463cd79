import { expect, it } from 'vitest';
import { Random } from '../random.ts';
import { taskVocabulary, taskWords } from '../tasks/index.ts';
import { textNoise } from './text-noise.ts';
import { Vocabulary } from './vocabulary.ts';
import { vocabularyNoise } from './vocabulary-noise.ts';

it('draws every word that is neither special nor of a task, and no other', () => {
  const vocabulary = taskVocabulary(textNoise('text', 'Mary saw the sea, and the sky.', []));
  const noise = vocabularyNoise(vocabulary, taskWords);
  expect(noise.words).toEqual(['saw', 'sea', ',', 'and', 'sky']);
  const tokens = noise.fill(new Random(1), 1000, vocabulary);
  expect(tokens).toHaveLength(1000);
  expect(new Set(tokens)).toEqual(new Set(noise.words.map((word) => vocabulary.id(word))));
});

it('is all [UNK] for a vocabulary without further words', () => {
  const vocabulary = Vocabulary.of(taskWords);
  expect(vocabularyNoise(vocabulary, taskWords).words).toEqual([]);
  expect([...vocabularyNoise(vocabulary, taskWords).fill(new Random(1), 3, vocabulary)]).toEqual(
    Array(3).fill(vocabulary.unknown),
  );
});
