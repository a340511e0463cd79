// A whole document as one file, through a session: its numbers are those that a stream reports.
import { afterEach, describe, expect, it } from 'vitest';
import { positionKinds } from '../../inference/capture.ts';
import { softmax } from '../../inference/predictions.ts';
import { readSafetensorsHeader } from '../../io/safetensors-header.ts';
import { Desk, type Job, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, plain, stream, tiny } from '../../testing/session-runs.ts';
import { numbersIn, tensorIn } from '../../testing/stored-tensor.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

async function captured(more: Partial<Job<'capture'>> = {}) {
  const { bytes } = await completeRun();
  const { kind: _, ...request } = stream(file(bytes));
  const job = { kind: 'capture', ...request, ...more } as const;
  const events = await new Desk().run(job);
  const made = last(ofType(events, 'capture-end')).bytes ?? expect.fail('no file was made');
  const { attention: __, ...asked } = job;
  const segments = ofType(await new Desk().run({ ...asked, kind: 'stream', attention: true }), 'stream-segment');
  return { events, made, segments, metadata: readSafetensorsHeader(made, 'made').metadata };
}

const [L, H, M, S, D, N, front] = [2, 2, 2, 16, 8, 5, 4];

describe('a captured document', () => {
  it('has the memory, the logits and the attention that the stream reports, to the bit', async () => {
    const { events, made, segments } = await captured();
    // How often it reports depends on the time.
    expect(story(events).replaceAll('capture-progress ', '')).toBe('capture-begin capture-end');
    const memory = numbersIn(made, 'memory', [N, M, D]);
    const logits = numbersIn(made, 'logits', [N, 6]);
    const attention = numbersIn(made, 'attention', [N, L, H, S, S]);
    expect(segments).toHaveLength(N);
    for (const [n, segment] of segments.entries()) {
      expect(memory.slice(n * M * D, (n + 1) * M * D)).toEqual([...segment.memory]);
      expect(softmax(Float32Array.from(logits.slice(n * 6, (n + 1) * 6)))).toEqual(segment.probabilities);
      const { write = new Float32Array(), read = new Float32Array() } = segment;
      const at = (lh: number, row: number, key: number) => attention[((n * L * H + lh) * S + row) * S + key];
      for (let lh = 0; lh < L * H; lh++) {
        for (let m = 0; m < M; m++)
          for (let key = 0; key < S; key++) expect(at(lh, 1 + m, key)).toBe(write[(lh * M + m) * S + key]);
        for (let row = 0; row < S; row++)
          for (let m = 0; m < M; m++) expect(at(lh, row, 1 + m)).toBe(read[(lh * S + row) * M + m]);
      }
    }
    expect(numbersIn(made, 'initial.memory', [M, D]).some((value) => value !== 0)).toBe(true);
  });

  it('says what stands at each position, and with which id', async () => {
    const { made, segments, metadata } = await captured();
    const kinds = numbersIn(made, 'kinds', [N, S]);
    const ids = numbersIn(made, 'token_ids', [N, S]);
    expect(JSON.parse(metadata['kinds'] ?? '')).toEqual(positionKinds);
    expect(JSON.parse(metadata['words'] ?? '')).toEqual(segments.map(({ words }) => words));
    expect(metadata).toMatchObject({ task: 'memorize', seed: '1', model: 'run.safetensors', cache_entries: '0' });
    const vocabulary = new Map<string, number>();
    for (const [n, { words, marks }] of segments.entries()) {
      const found = kinds.slice(n * S, (n + 1) * S).map((kind) => positionKinds[kind]);
      const markOf = (t: number) => marks.find(({ start, end }) => t >= start && t < end)?.kind ?? 'word';
      expect(found).toEqual(['special', 'memory', 'memory', 'special', ...words.map((_, t) => markOf(t)), 'special']);
      for (const [t, word] of words.entries()) {
        const id = ids[n * S + front + t] ?? -1;
        expect(vocabulary.get(word) ?? id).toBe(id);
        vocabulary.set(word, id);
      }
      expect(ids.slice(n * S, n * S + front).map((id) => id >= 0)).toEqual([true, false, false, true]);
    }
    // As many ids as words.
    expect(new Set(vocabulary.values()).size).toBe(vocabulary.size);
    expect(kinds).toContain(positionKinds.indexOf('fact'));
    expect(kinds).toContain(positionKinds.indexOf('question'));
  });

  it('follows interventions, and has what was written before them', async () => {
    const interventions = [{ kind: 'zero', segment: 1 }] as const;
    const { made, segments, metadata } = await captured({ interventions });
    const memory = numbersIn(made, 'memory', [N, M, D]);
    const written = numbersIn(made, 'written.memory', [N, M, D]);
    const logits = numbersIn(made, 'logits', [N, 6]);
    for (const [n, segment] of segments.entries()) {
      expect(memory.slice(n * M * D, (n + 1) * M * D)).toEqual([...segment.memory]);
      expect(written.slice(n * M * D, (n + 1) * M * D)).toEqual([...(segment.left ?? segment.memory)]);
      expect(softmax(Float32Array.from(logits.slice(n * 6, (n + 1) * 6)))).toEqual(segment.probabilities);
    }
    expect(memory.slice(M * D, 2 * M * D).every((value) => value === 0)).toBe(true);
    expect(written.slice(M * D, 2 * M * D).some((value) => value !== 0)).toBe(true);
    expect(metadata['interventions']).toBe('zero@2');
  });

  it('leaves attention out on request', async () => {
    const { made } = await captured({ attention: false });
    expect(readSafetensorsHeader(made, 'made').entries.has('attention')).toBe(false);
  });

  it('of a decoder has the predictions of every word, and where memory is written', async () => {
    const decoder = { ...tiny, ...plain, task: 'copy', model: 'rmt-gpt2', segment_size: 6, stage_steps: [1] } as const;
    const trained = last(ofType(await new Desk().run({ kind: 'train', config: decoder }), 'checkpoint')).bytes;
    const { made, segments } = await captured({ model: file(trained), segments: 3 });
    const positions = 6 + 2 * M;
    const kinds = numbersIn(made, 'kinds', [3, positions]);
    const words = segments.at(-1)?.words.length ?? 0;
    const end = kinds.slice(2 * positions).map((kind) => positionKinds[kind]);
    expect(end.slice(M + words, 2 * M + words)).toEqual(['write memory', 'write memory']);
    expect(end.slice(2 * M + words).every((kind) => kind === 'padding')).toBe(true);
    const { shape, numbers: logits } = tensorIn(made, 'logits');
    expect(shape.slice(0, 2)).toEqual([3, 6]);
    const classes = shape[2] ?? 0;
    const ids = numbersIn(made, 'token_ids', [3, positions]);
    // The stream reports the probability that the model gave to each word before reading it.
    const first = segments[0];
    for (let t = 1; t < (first?.words.length ?? 0); t++) {
      const row = softmax(Float32Array.from(logits.slice((t - 1) * classes, t * classes)));
      expect(row[ids[M + t] ?? -1]).toBeCloseTo(first?.guesses?.[t]?.probability ?? Number.NaN, 6);
    }
    // Every position attends to itself and what precedes it.
    const attention = numbersIn(made, 'attention', [3, L, H, positions, positions]);
    for (let at = 0; at < attention.length; at += positions) {
      const row = Math.floor(at / positions) % positions;
      const sum = attention.slice(at, at + positions).reduce((a, b) => a + b, 0);
      const n = Math.floor(at / (L * H * positions * positions));
      expect(sum).toBeCloseTo(positionKinds[kinds[n * positions + row] ?? 0] === 'padding' ? 0 : 1, 5);
    }
  });

  it('stops when it is asked to, without a file', async () => {
    const { bytes } = await completeRun();
    const { kind: _, ...request } = stream(file(bytes), { segments: 400 });
    const desk = new Desk();
    await desk.ask({ kind: 'capture', ...request }, 'capture-begin');
    const events = await desk.run({ type: 'stop', of: 'capture' });
    expect(last(ofType(events, 'capture-end')).bytes).toBeUndefined();
  });
});
