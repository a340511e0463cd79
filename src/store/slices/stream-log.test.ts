// The stream log: attention and text have byte budgets, figures are kept for every segment.
import { describe, expect, it } from 'vitest';
import type { ReportOf } from '../../protocol/index.ts';
import { encoderFacts } from '../../testing/facts.ts';
import { StreamLog } from './stream-log.ts';

type SegmentEvent = ReportOf<'stream-segment'>;

const decoder = { ...encoderFacts, answers: 'tokens', task: 'language', segmentSize: 10 } as const;
const guessed = (words: readonly string[]) => words.map((word) => ({ word, probability: 0.5 }));
const words = Array.from('abcdefghij');

/** 400 bytes of attention each way, 16 of memory, ten words and ten guesses. */
function segment(index: number, more: Partial<SegmentEvent> = {}): SegmentEvent {
  return {
    type: 'stream-segment',
    ...{ index, words, marks: [], guesses: guessed(words) },
    probabilities: new Float32Array(0),
    memory: Float32Array.of(1, index, 0, 0),
    write: new Float32Array(100).fill(index),
    read: new Float32Array(100).fill(index),
    milliseconds: 1,
    gpuBytes: 5,
    ...more,
  };
}

const kept = (log: StreamLog) => [...log.shelf.segments].sort((a, b) => a - b);
const withText = (log: StreamLog) => log.segments.flatMap(({ hasText }, i) => (hasText ? [i] : []));

describe('the attention of a stream', () => {
  it('of a small model is kept for every segment', () => {
    const log = new StreamLog(decoder, 4096, '');
    for (let i = 0; i < 4096; i++) log.add(segment(i));
    expect(log.shelf.size).toBe(4096);
    expect(withText(log)).toHaveLength(4096);
  });

  it('of a large model stays within its budget, including the incoming memory of each segment', () => {
    // Attention and caches of a Transformer-XL of BERT-base's size; one array stands for all.
    const memory = new Float32Array(12 * 300);
    const write = new Float32Array(12 * 12 * 10);
    const log = new StreamLog(decoder, 100, '', {}, { attention: 200_000 });
    for (let i = 0; i < 100; i++) log.add(segment(i, { memory, write, read: write }));
    expect(log.shelf.bytes).toBeLessThanOrEqual(200_000);
    const each = 2 * write.byteLength + memory.byteLength;
    expect(kept(log)).toHaveLength(Math.floor(200_000 / each));
    expect(log.shelf.get(99)?.before).toBe(memory);
  });

  it('keeps the first facts', () => {
    const log = new StreamLog(decoder, 100, '', {}, { attention: 8160 });
    for (let i = 0; i < 100; i++)
      log.add(segment(i, i === 3 ? { marks: [{ kind: 'fact', start: 0, end: 1 }] } : undefined));
    expect(kept(log)).toEqual([3, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  });
});

describe('the text of a stream', () => {
  it('is dropped beyond its budget, oldest first, with its attention; figures stay', () => {
    // Ten words of 8 bytes and ten guesses of 56.
    const log = new StreamLog(decoder, 10, '', {}, { text: 3 * 640 });
    for (let i = 0; i < 10; i++) {
      const untouched = i === 2 ? { probabilities: new Float32Array(0), guesses: guessed(words) } : undefined;
      const marks = i === 1 ? [{ kind: 'fact', start: 0, end: 1 } as const] : [];
      log.add(segment(i, { marks, ...(untouched ? { untouched } : {}) }));
    }
    expect(withText(log)).toEqual([1, 8, 9]);
    expect(kept(log)).toEqual([1, 8, 9]);
    const [dropped, , changed] = log.segments;
    expect(dropped).toMatchObject({ hasText: false, words: [], guesses: undefined, milliseconds: 1 });
    expect(dropped?.activity?.toWords).toBeDefined();
    expect(changed?.untouched).toEqual({ probabilities: new Float32Array(0), guesses: undefined });
    expect(log.expectedProbability[0]).toBeCloseTo(0.5);
    expect(log.loss).toBeCloseTo(Math.LN2);
  });
});
