import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import type { Split } from '../text/split.ts';
import { taskVocabulary } from './index.ts';
import { memorize } from './memorize.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = taskVocabulary(noise);
const request: SampleRequest = { segments: 3, segmentSize: 24, split: 'train', vocabulary, noise };

/** A sample with its fact and question as text. */
function draw(random: Random, asked: Partial<SampleRequest> = {}) {
  const sample = memorize.sample(random, { ...request, ...asked });
  const read = (start: number, end: number) =>
    [...sample.tokens.slice(start, end)].map((id) => vocabulary.word(id)).join(' ');
  const [fact, question] = sample.marks;
  if (!fact || !question || sample.marks.length !== 2) throw new Error('memorize has one fact and one question');
  return {
    sample,
    fact,
    question,
    factText: read(fact.start, fact.end),
    questionText: read(question.start, question.end),
  };
}

describe('memorize', () => {
  it('starts with the fact, ends with the question, and the answer is the place of the fact', () => {
    const random = new Random(1);
    for (let k = 0; k < 500; k++) {
      const { sample, fact, question, factText, questionText } = draw(random, { segments: 1 + (k % 4) });
      const match = /^(\w+) (?:moved|went|went back|journeyed|travelled) to the (\w+) \.$/.exec(factText);
      expect(match, factText).not.toBeNull();
      expect(fact).toMatchObject({ kind: 'fact', start: 0 });
      expect(question).toMatchObject({ kind: 'question', end: sample.tokens.length });
      expect(questionText).toBe(`where is ${match?.[1]} ?`);
      expect(memorize.classes[sample.answer]).toBe(match?.[2]);
    }
  });

  const facts = (split: Split, sampling: string) => {
    const random = new Random(2);
    return new Set(
      Array.from({ length: 3000 }, () => draw(random, { segments: 1, split, knobs: { sampling } }).factText),
    );
  };

  it('shares no fact between training and validation', () => {
    const [train, validation] = [facts('train', 'split'), facts('validation', 'split')];
    expect(train.size).toBe(96);
    expect(validation.size).toBe(24);
    expect([...validation].filter((fact) => train.has(fact))).toEqual([]);
  });

  it('draws both splits from all facts with official sampling', () => {
    expect(facts('train', 'official').size).toBe(120);
    expect(facts('validation', 'official').size).toBe(120);
  });
});
