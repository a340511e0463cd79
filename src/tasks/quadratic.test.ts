import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { equations, quadratic } from './quadratic.ts';
import { equationText, readEquation, solutionText } from './quadratic-text.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = quadratic.vocabulary({ noise });

function read(asked: Partial<SampleRequest>, random: Random) {
  const request = { segments: 6, segmentSize: 30, split: 'train' as const, vocabulary, noise, ...asked };
  const sample = quadratic.sample(random, request);
  return { sample, words: [...sample.tokens].map((id) => vocabulary.word(id)) };
}

const settings = (['5', '9', '20', '40'] as const).flatMap((roots) =>
  (['1', '3'] as const).map((leading) => ({ roots, leading })),
);

describe('quadratic', () => {
  it.each(settings)('is an equation, its solution and padding (roots $roots, leading $leading)', (knobs) => {
    const random = new Random(6);
    for (const split of ['train', 'validation'] as const)
      for (let k = 0; k < 200; k++) {
        const { sample, words } = read({ split, knobs }, random);
        const { answerFrom, answerEnd, tokens } = sample;
        expect(tokens).toHaveLength(181);
        const equation = readEquation(words.slice(0, answerFrom - 1).join(''));
        expect(words[answerFrom - 1]).toBe('>');
        const answer = words.slice(answerFrom, answerEnd);
        expect(answer.join('')).toBe(solutionText(equation));
        expect(words.slice(answerEnd)).toEqual(Array(181 - answerEnd).fill('[PAD]'));
        expect(quadratic.check?.(answer, sample, vocabulary, { noise })).toEqual({
          right: true,
          reason: 'every step is correct',
        });
        expect(quadratic.check?.(answer.slice(1), sample, vocabulary, { noise }).right).toBe(false);
        expect(equation.a).toBeLessThanOrEqual(Number(knobs.leading));
        expect(sample.marks).toEqual([
          { kind: 'question', start: 0, end: answerFrom },
          { kind: 'answer', start: answerFrom, end: answerEnd },
        ]);
      }
  });

  it.each([
    ['5', '1', 59],
    ['5', '3', 65],
    ['9', '1', 60],
    ['9', '3', 68],
    ['20', '1', 67],
    ['20', '3', 75],
    ['40', '1', 70],
    ['40', '3', 78],
  ])('with roots to %s and leading to %s needs %i tokens, and refuses fewer', (roots, leading, longest) => {
    expect(equations(roots, leading).longest).toBe(longest);
    const knobs = { roots, leading };
    expect(read({ segments: 1, segmentSize: longest - 1, knobs }, new Random(1)).words).toHaveLength(longest);
    expect(() => read({ segments: 1, segmentSize: longest - 2, knobs }, new Random(1))).toThrow(
      new InputError(
        'quadratic: segments × segment size',
        `${longest - 2} tokens`,
        `at least ${longest - 1}, for the longest solution with roots ${roots} and leading ${leading}`,
      ),
    );
  });

  it('draws every equation of its split, and none of the other split, for all knobs', () => {
    const texts = settings.map(({ roots, leading }) => {
      const { all, train, validation } = equations(roots, leading);
      expect(new Set(all.map(equationText)).size).toBe(all.length);
      expect(all).toHaveLength((Number(roots) + 1) * (2 * Number(roots) + 1) * Number(leading));
      expect(Math.abs(validation.length / all.length - 1 / 7)).toBeLessThan(0.02);
      return { train: train.map(equationText), validation: validation.map(equationText) };
    });
    const train = new Set(texts.flatMap((part) => part.train));
    const validation = new Set(texts.flatMap((part) => part.validation));
    expect([...validation].filter((text) => train.has(text))).toEqual([]);
    for (const split of ['train', 'validation'] as const) {
      const random = new Random(8);
      const drawn = new Set(
        Array.from({ length: 1000 }, () => {
          const { sample, words } = read({ split }, random);
          return words.slice(0, sample.answerFrom - 1).join('');
        }),
      );
      expect([...drawn].sort()).toEqual(equations('5', '1')[split].map(equationText).sort());
    }
  });

  it('has every root in both splits, and lacks at most one discriminant in training', () => {
    for (const { roots, leading } of settings) {
      const found = (split: 'train' | 'validation', pattern: RegExp) =>
        new Set(
          equations(roots, leading)[split].flatMap((equation) =>
            [...solutionText(equation).matchAll(pattern)].map(([, x]) => Number(x)),
          ),
        );
      for (const split of ['train', 'validation'] as const)
        expect(found(split, /\/\d+=(-?\d+)/g).size).toBe(2 * Number(roots) + 1);
      const seen = found('train', /=(\d+);d/g);
      expect([...found('validation', /=(\d+);d/g)].filter((value) => !seen.has(value)).length).toBeLessThan(2);
    }
  });
});
