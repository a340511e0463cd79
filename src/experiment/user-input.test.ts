// A user's facts and interventions in a link: they are read back as written, and invalid ones are reported.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Intervention } from '../protocol/index.ts';
import { experimentDefaults, readAddress, streamDefaults, writeAddress } from '../store/address.ts';
import { actions, names, places } from '../tasks/facts.ts';

const linked = (stream: Partial<typeof streamDefaults>) =>
  readAddress(writeAddress({ ...experimentDefaults, stream: { ...streamDefaults, ...stream } }));

describe('a link', () => {
  it('restores facts, question and interventions', () => {
    const number = fc.integer({ min: 0, max: 4095 });
    const tokens = fc.option(fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 1, maxLength: 8 }), {
      nil: undefined,
    });
    const at = fc.record({ segment: number, tokens }).map(({ segment, tokens: chosen }) => ({
      segment,
      ...(chosen ? { tokens: chosen } : {}),
    }));
    const changes: fc.Arbitrary<Intervention[]> = fc.array(
      fc.oneof(
        at.map((where): Intervention => ({ kind: 'zero', ...where })),
        fc
          .tuple(at, fc.integer({ min: 1, max: 99 }))
          .map(([where, length]): Intervention => ({ kind: 'freeze', length, ...where })),
        fc.tuple(at, number).map(([where, seed]): Intervention => ({ kind: 'shuffle', seed, ...where })),
        fc.tuple(at, number).map(([where, seed]): Intervention => ({ kind: 'swap', seed, ...where })),
      ),
      { minLength: 1, maxLength: 5 },
    );
    const fact = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...actions), fc.constantFrom(...places), number)
      .map(([name, action, place, segment]) => ({ text: `${name} ${action} to the ${place}.`, segment }));
    const facts = fc.array(fact, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, facts, (drawnChanges, drawnFacts) => {
        const stream = { changes: drawnChanges, facts: drawnFacts, question: 'where is mary?' };
        const { experiment, problems } = linked(stream);
        expect(problems).toEqual([]);
        expect(experiment.stream).toEqual({ ...streamDefaults, ...stream });
      }),
    );
  });

  it('spells them readably', () => {
    const { stream } = readAddress('#/stream?stream.changes=zero@3t1.2|freeze@5x2|swap@6s9').experiment;
    expect(stream.changes).toEqual([
      { kind: 'zero', segment: 2, tokens: [0, 1] },
      { kind: 'freeze', segment: 4, length: 2 },
      { kind: 'swap', segment: 5, seed: 9 },
    ]);
    expect(decodeURIComponent(writeAddress({ ...experimentDefaults, stream }))).toBe(
      '#/stream?stream.changes=zero@3t1.2|freeze@5x2|swap@6s9',
    );
  });

  it('takes facts and a question with capitals', () => {
    const { stream } = readAddress(
      '#/stream?stream.facts=1:Mary%20went%20to%20the%20Garden&stream.question=Where%20is%20Mary',
    ).experiment;
    expect(stream.facts).toEqual([{ text: 'mary went to the garden', segment: 0 }]);
    expect(stream.question).toBe('where is mary');
  });

  it.each([
    ['stream.changes=melt@3', /stream\.changes to "melt@3"\. Expected: interventions joined by/],
    ['stream.changes=zero@3x2', /stream\.changes/],
    ['stream.changes=freeze@3', /stream\.changes/],
    ['stream.facts=mary', /stream\.facts to "mary"\. Expected: up to 16 facts as SEGMENT:SENTENCE/],
    ['stream.question=%3Cb%3E', /stream\.question/],
  ])('reports what is wrong with %s', (query, message) => {
    const { experiment, problems } = readAddress(`#/stream?${query}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    expect(experiment.stream).toEqual(streamDefaults);
  });
});
