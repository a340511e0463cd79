import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { detect } from './detect.ts';
import { taskVocabulary } from './index.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = taskVocabulary(noise);

function draws(count: number, asked: Partial<SampleRequest>) {
  const random = new Random(3);
  const request: SampleRequest = { segments: 4, segmentSize: 24, split: 'train', vocabulary, noise, ...asked };
  return Array.from({ length: count }, () => {
    const sample = detect.sample(random, request);
    const read = (start: number, end: number) =>
      [...sample.tokens.slice(start, end)].map((id) => vocabulary.word(id)).join(' ');
    const [fact, question] = sample.marks;
    if (!fact || !question || sample.marks.length !== 2) throw new Error('detect has one fact and one question');
    return {
      sample,
      fact,
      question,
      factText: read(fact.start, fact.end),
      questionText: read(question.start, question.end),
    };
  });
}

/** Within 4 standard deviations of a binomial count: false alarms are 1 in 16,000, and never at a fixed seed. */
function expectShare(count: number, of: number, share: number, what: string) {
  const deviations = Math.abs(count - of * share) / Math.sqrt(of * share * (1 - share));
  if (!(deviations <= 4)) expect.fail(`${what}: ${count} of ${of}, expected a share of ${share}`);
}

describe('detect', () => {
  it.each(['segment-start', 'anywhere'])('answers with the place of the fact (%s)', (fact_position) => {
    for (const { sample, question, factText, questionText } of draws(500, { knobs: { fact_position } })) {
      const match = /^(\w+) (?:moved|went|went back|journeyed|travelled) to the (\w+) \.$/.exec(factText);
      expect(match, factText).not.toBeNull();
      expect(question.end).toBe(sample.tokens.length);
      expect(questionText).toBe(`where is ${match?.[1]} ?`);
      expect(detect.classes[sample.answer]).toBe(match?.[2]);
    }
  });

  it('puts the fact at the start of each segment equally often', () => {
    const starts = draws(4000, {}).map(({ fact }) => fact.start);
    expect([...new Set(starts)].sort((a, b) => a - b)).toEqual([0, 24, 48, 72]);
    for (const start of [0, 24, 48, 72])
      expectShare(starts.filter((at) => at === start).length, 4000, 1 / 4, `start ${start}`);
  });

  it('puts the fact at every position where it fits, with fact_position anywhere', () => {
    const seven = draws(20_000, { segments: 2, segmentSize: 12, knobs: { fact_position: 'anywhere' } })
      .map(({ fact }) => fact)
      .filter((fact) => fact.end - fact.start === 7);
    // In the first segment of 12 from 0 to 5; in the last, before the question of 4, from 12 to 13.
    const counts = new Map<number, number>();
    for (const { start } of seven) counts.set(start, (counts.get(start) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 12, 13]);
    for (const [start, count] of counts)
      expectShare(count, seven.length, start < 12 ? 1 / 12 : 1 / 4, `start ${start}`);
  });

  it('fits into segments of the minimum size', () => {
    for (const fact_position of ['segment-start', 'anywhere'])
      for (const { fact, question } of draws(500, {
        segments: 1,
        segmentSize: detect.minimumSegmentSize,
        knobs: { fact_position },
      }))
        expect(fact.end).toBeLessThanOrEqual(question.start);
  });

  it('shares no fact between training and validation', () => {
    const facts = (split: 'train' | 'validation') =>
      new Set(draws(3000, { segments: 1, split }).map(({ factText }) => factText));
    const [train, validation] = [facts('train'), facts('validation')];
    expect([train.size, validation.size]).toEqual([96, 24]);
    expect([...validation].filter((fact) => train.has(fact))).toEqual([]);
  });
});
