// The memory operations of the bundled models: facts are written, noise is held, the question reads.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePanels, clearestOf, fullOf } from '../../analysis/attention-figure.ts';
import type { Intervention } from '../../protocol/index.ts';
import { Desk, type Job, ofType } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { StreamLog } from './stream-log.ts';

useSimpleKernels();

async function streamed(name: string, segments: number, seed: number, interventions: readonly Intervention[] = []) {
  const bytes = new Uint8Array(readFileSync(`public/checkpoints/${name}.safetensors`));
  const request = { model: { kind: 'checkpoint', name, bytes }, segments, seed } as const;
  const desk = new Desk();
  const events = await desk.run({ kind: 'stream', ...request, attention: true, interventions });
  const [begin] = ofType(events, 'stream-begin');
  if (!begin) return expect.fail(JSON.stringify(events[0]));
  const log = new StreamLog(begin.model, begin.segments, begin.expected, begin);
  for (const event of ofType(events, 'stream-segment')) log.add(event);
  return { log, desk, request };
}
const operations = (log: StreamLog) => log.segments.map(({ decision }) => decision?.operations.join(' ') ?? '');

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('detect & memorize', () => {
  it('writes the fact, holds during the noise, reads for the question', async () => {
    const { log } = await streamed('detect', 12, 5);
    const [fact] = log.marked;
    expect(fact?.index).toBe(3);
    expect(operations(log)).toEqual(log.segments.map((_, i) => (i === 3 ? 'write' : i === 11 ? 'read' : 'hold')));
  });

  it('does so over many documents', async () => {
    let [facts, written, noise, held] = [0, 0, 0, 0];
    const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
    for (const seed of seeds) {
      const { log } = await streamed('detect', 6, seed);
      // A fact in the last segment is read from the text itself, and a memory without text predicts the bedroom.
      const isHeld = log.marked[0]?.index !== 5 && log.expected !== 'bedroom';
      expect(operations(log).at(-1)?.includes('read'), `seed ${seed}`).toBe(isHeld);
      for (const { marks, decision } of log.segments) {
        const does = decision?.operations ?? expect.fail('no decision');
        if (marks.some(({ kind }) => kind === 'fact')) {
          facts++;
          if (does.includes('write')) written++;
        } else {
          noise++;
          if (!does.includes('write')) held++;
        }
      }
    }
    expect(held / noise).toBe(1);
    expect(written / facts).toBeGreaterThanOrEqual(0.75);
  });

  it.each([7, 3])('reads nothing once the memory was zeroed after segment %i', async (after) => {
    const { log } = await streamed('detect', 12, 5, [{ kind: 'zero', segment: after - 1 }]);
    expect(
      operations(log)
        .slice(after)
        .every((each) => !each.includes('read')),
    ).toBe(after > 3);
  });
});

describe('reasoning', () => {
  it('writes both facts in the first segment and reads for the question', async () => {
    const { log } = await streamed('reasoning', 2, 1);
    expect(operations(log)[0]).toBe('write');
    expect(operations(log)[1]).toContain('read');
  });
});

describe('tracking', () => {
  it('writes every move, of whomever, into one token or another, and holds during the noise', async () => {
    const { log } = await streamed('tracking', 12, 1);
    const facts = new Set(log.marked.map(({ index }) => index));
    expect(facts.size).toBeGreaterThan(2);
    // Nothing needs to be passed on by the last segment.
    const does = operations(log)
      .slice(0, -1)
      .map((each, i) => [i, facts.has(i), each.includes('write')]);
    expect(does).toEqual(does.map(([i, isFact]) => [i, isFact, isFact]));
    const tokens = new Set([...facts].map((i) => log.segments[i]?.decision?.most.token));
    expect(tokens.size).toBeGreaterThan(1);
    expect(operations(log).at(-1)).toContain('read');
  });
});

describe('copy, a decoder', () => {
  it('writes its input, and reads to produce the answer', async () => {
    const { log } = await streamed('copy', 4, 1);
    expect(operations(log)[0]).toBe('write');
    for (const each of operations(log).slice(1)) expect(each).toContain('read');
  });
});

describe('the figure', () => {
  it('shows a fact, a holding segment after it, and the answer, each at its clearest', async () => {
    const { log, desk, request } = await streamed('detect', 12, 5);
    const panels = choosePanels(log);
    expect(panels).toEqual([
      { role: 'write', segment: 3 },
      { role: 'hold', segment: 4 },
      { role: 'hold', segment: 10 },
      { role: 'read', segment: 11 },
    ]);
    const at = panels.map(({ segment }) => ({ index: segment, memory: log.shelf.get(segment)?.before }));
    const look: Job<'look'> = { kind: 'look', ...request, at };
    const seen = ofType(await desk.run(look), 'look-segment');
    expect(seen.map(({ index }) => index)).toEqual([3, 4, 10, 11]);
    const { model } = log;
    for (const [i, { role, segment }] of panels.entries()) {
      const full = fullOf(model, seen[i]?.attention ?? new Float32Array());
      const { layers, heads, rows, columns } = full;
      expect(full.values).toHaveLength(layers * heads * rows * columns);
      const shown = log.segments[segment] ?? expect.fail();
      expect(clearestOf(role, model, shown, full).share).toBeGreaterThan(0.8);
      // It matches the stream: the memory rows equal those sent with it.
      const write = log.shelf.get(segment)?.write ?? new Float32Array();
      for (let lh = 0; lh < layers * heads; lh++)
        for (let m = 0; m < model.memTokens; m++)
          expect(full.values.subarray((lh * rows + 1 + m) * columns, (lh * rows + 2 + m) * columns)).toEqual(
            write.subarray((lh * model.memTokens + m) * columns, (lh * model.memTokens + m + 1) * columns),
          );
    }
  });

  it('is refused for a segment outside the document', async () => {
    const { desk, request } = await streamed('copy', 4, 1);
    const refused = async (at: Job<'look'>['at']) =>
      ofType(await desk.run({ kind: 'look', ...request, at }), 'failed')[0];
    expect(await refused([{ index: 4 }])).toMatchObject({
      during: 'look',
      status: 2,
      message: 'segment: 5 (expected one from 1 to 4)',
    });
    expect((await refused([{ index: 1, memory: new Float32Array(3) }]))?.message).toMatch(
      /^memory before segment 2: 3 numbers/,
    );
  });
});
