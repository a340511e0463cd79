// Patching through a session: what a patch changes, and what it leaves alone.
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestOf } from '../../protocol/index.ts';
import { places } from '../../tasks/facts.ts';
import { Desk, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, stream } from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

type Settings = Pick<RequestOf<'patch'>, 'other' | 'sweep'>;

async function sweep(settings: Settings & Pick<RequestOf<'patch'>, 'document'>) {
  const { bytes } = await completeRun();
  const { kind: _, ...request } = stream(file(bytes));
  const events = await new Desk().run({ kind: 'patch', ...request, ...settings });
  const [begin] = ofType(events, 'patch-begin');
  const cells = ofType(events, 'patch-cells');
  const margins = cells.flatMap((each) => [...each.margins]);
  return { events, begin, margins, plain: (begin?.answer.logit ?? 0) - (begin?.than.logit ?? 0) };
}

/** The fact of the document: its segment, and where its last word (a place) stands. */
async function factOf() {
  const { bytes } = await completeRun();
  const segments = ofType(await new Desk().run(stream(file(bytes))), 'stream-segment');
  const segment = segments.findIndex(({ marks }) => marks.some(({ kind }) => kind === 'fact'));
  const { words = [] } = segments[segment] ?? {};
  const at = words.findIndex((word) => places.includes(word as (typeof places)[number]));
  return { segment, at, word: words[at] ?? '' };
}

describe('a map of effects', () => {
  const memory = { kind: 'memory' } as const;

  it('of the document itself changes no bit, wherever it is patched', async () => {
    for (const kind of [memory, { kind: 'heads', segment: 2 } as const, { kind: 'hidden', segment: 2 } as const]) {
      const { begin, margins, plain, events } = await sweep({ other: {}, sweep: kind });
      expect(story(events)).toMatch(/^patch-begin (patch-cells )+patch-end$/);
      expect(begin?.differs).toBe(false);
      expect(begin?.texts).toEqual([]);
      expect(margins).toHaveLength((begin?.rows ?? 0) * (begin?.columns ?? 0));
      expect(new Set(margins)).toEqual(new Set([Math.fround(plain)]));
    }
  });

  it('of another document reaches its reading where everything is passed on, and nothing before what differs', async () => {
    const fact = await factOf();
    const word = places.find((place) => place !== fact.word) ?? '';
    const { begin, margins, plain } = await sweep({ other: { edits: [{ ...fact, word }] }, sweep: memory });
    expect(begin).toMatchObject({ rows: 4, columns: 3, segment: 4 });
    expect(begin?.texts.map(({ index }) => index)).toEqual([fact.segment]);
    expect(begin?.texts[0]?.other.words[fact.at]).toBe(word);
    const other = (begin?.other.answer.logit ?? 0) - (begin?.other.than.logit ?? 0);
    expect(other).not.toBe(plain);
    for (let segment = 0; segment < 4; segment++) {
      const [first, second, all] = margins.slice(3 * segment, 3 * segment + 3);
      // Both documents are equal up to the fact, and after it the whole memory is all that differs.
      if (segment < fact.segment) expect([first, second, all]).toEqual(new Array(3).fill(Math.fround(plain)));
      else {
        expect(all).toBe(Math.fround(other));
        expect(first).not.toBe(Math.fround(plain));
      }
    }
  });

  it('of two documents of the user differs where their facts do, and reaches the other one’s reading', async () => {
    const written = (place: string) => ({
      facts: [{ text: `john went to the ${place}.`, segment: 1 }],
      question: 'where is john?',
    });
    const { begin, margins } = await sweep({
      document: written('kitchen'),
      other: { document: written('office') },
      sweep: memory,
    });
    expect(begin?.texts.map(({ index, other }) => [index, other.words.includes('office')])).toEqual([[1, true]]);
    const other = (begin?.other.answer.logit ?? 0) - (begin?.other.than.logit ?? 0);
    expect(margins.at(-1)).toBe(Math.fround(other));
  });

  it('of hidden states: the embedding of the changed word alone carries the change', async () => {
    const fact = await factOf();
    const word = places.find((place) => place !== fact.word) ?? '';
    const { begin, margins, plain } = await sweep({
      other: { edits: [{ ...fact, word }] },
      sweep: { kind: 'hidden', segment: fact.segment },
    });
    const columns = begin?.columns ?? 0;
    const other = Math.fround((begin?.other.answer.logit ?? 0) - (begin?.other.than.logit ?? 0));
    // [CLS], two memory tokens and [SEP] stand before the words.
    const front = 4;
    expect(columns).toBe(front + 11 + 1 + 1);
    const input = margins.slice(0, columns);
    input.forEach((margin, position) => {
      const carries = position === front + fact.at || position === columns - 1;
      expect(margin).toBe(carries ? other : Math.fround(plain));
    });
    // After the last layer only what is passed on counts: the memory's positions, and all positions.
    const output = margins.slice(-columns);
    output.forEach((margin, position) => {
      if (position === columns - 1) expect(margin).toBe(other);
      else if (position < 1 || position > 2) expect(margin).toBe(Math.fround(plain));
      else expect(margin).not.toBe(Math.fround(plain));
    });
  });

  it('stops when it is asked to', async () => {
    const { bytes } = await completeRun();
    const { kind: _, ...request } = stream(file(bytes));
    const desk = new Desk();
    desk.send({ kind: 'patch', ...request, segments: 40, other: { seed: 9 }, sweep: memory });
    const events = await desk.run({ type: 'stop', of: 'patch' });
    expect(ofType(events, 'patch-end')).toEqual([{ type: 'patch-end', finished: false }]);
  });

  it('refuses a word or a place that is not there', async () => {
    const bad: readonly [Settings, string][] = [
      [{ other: { edits: [{ segment: 0, at: 99, word: 'park' }] }, sweep: memory }, 'word 100 of segment 1'],
      [{ other: { edits: [{ segment: 0, at: 0, word: 'xyzzy' }] }, sweep: memory }, 'word 1 of segment 1'],
      [{ other: {}, sweep: { kind: 'heads', segment: 9 } }, 'patching heads'],
      [{ other: {}, sweep: { kind: 'heads', segment: 0, position: 99 } }, 'patching heads'],
    ];
    for (const [settings, where] of bad) {
      const [failed] = ofType((await sweep(settings)).events, 'failed');
      expect(failed).toMatchObject({ during: 'patch', status: 2, input: { where } });
    }
  });
});
