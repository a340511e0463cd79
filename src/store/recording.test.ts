// The recorded stream: the bundled file matches a real session, and a broken one is refused in words.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRecording } from './recording.ts';

const bytes = readFileSync('public/recorded/detect.json');
const encoded = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('the recorded stream', () => {
  it('contains a session’s events, with arrays rounded to 8 bits', () => {
    const { made, begin, segments, end } = parseRecording(bytes);
    const { layers, heads, looks, memTokens, hiddenSize, segmentSize } = begin.model;
    expect(made.command).toContain(`--segments ${segments.length} `);
    expect(segments).toHaveLength(begin.segments);
    expect(end.answer).toBe(end.expected);
    expect(segments.flatMap(({ marks }) => marks.map(({ kind }) => kind))).toEqual(['fact', 'question']);
    const size = looks.write?.columns ?? 0;
    for (const { memory, write, read, words } of segments) {
      expect(words).toHaveLength(segmentSize);
      expect(memory).toHaveLength(memTokens * hiddenSize);
      expect(read).toHaveLength(layers * heads * size * memTokens);
      expect(write).toHaveLength(layers * heads * memTokens * size);
      // A row of attention sums to 1; each number is off by at most half a step.
      const step = Math.max(...(write ?? [])) / 127;
      for (let at = 0; at < (write?.length ?? 0); at += size) {
        const sum = write?.subarray(at, at + size).reduce((a, b) => a + b, 0) ?? Number.NaN;
        expect(Math.abs(sum - 1)).toBeLessThan((step / 2) * size);
      }
    }
    // The answer is unknown before the fact and known after it.
    const fact = segments.findIndex(({ marks }) => marks.length > 0);
    const right = begin.model.classes.indexOf(end.expected);
    expect(segments[fact - 1]?.probabilities[right]).toBeLessThan(0.5);
    expect(segments.at(-1)?.probabilities[right]).toBeGreaterThan(0.99);
  });

  it('of a published model holds its pieces with their ids, and its attention', () => {
    const { begin, segments } = parseRecording(readFileSync('public/recorded/minilm.json'));
    const { layers, heads, looks, memTokens, hiddenSize, segmentSize, pieces, task } = begin.model;
    expect([pieces, task]).toEqual(['wordpiece', undefined]);
    expect(segments).toHaveLength(begin.segments);
    const size = looks.write?.columns ?? 0;
    for (const { memory, write, words, ids } of segments) {
      expect([words.length, ids?.length]).toEqual([segmentSize, segmentSize]);
      expect(memory).toHaveLength(memTokens * hiddenSize);
      expect(write).toHaveLength(layers * heads * memTokens * size);
    }
    expect(segments[0]?.words.slice(1, 4)).toEqual(['rm', '##t', 'playground']);
    // An untrained memory moves all the same.
    expect(segments[1]?.memory).not.toEqual(segments[0]?.memory);
  });

  it('is refused if it is invalid', () => {
    const good = JSON.parse(bytes.toString('utf8'));
    expect(() => parseRecording(encoded({ ...good, segments: [{ ...good.segments[0], words: 7 }] }))).toThrow(
      /^recorded stream: segments\.0\.words: /,
    );
    expect(() => parseRecording(encoded({}))).toThrow(/^recorded stream: made: /);
  });
});
