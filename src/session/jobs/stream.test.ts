// Streams through a session.
import { afterEach, describe, expect, it } from 'vitest';
import { places } from '../../tasks/facts.ts';
import { tasks } from '../../tasks/index.ts';
import { Desk, type Job, last, type Of, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { altered, completeRun, evaluate, file, stream, taskIds, training } from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('a stream', () => {
  const names = ['mary', 'john', 'daniel', 'sandra'];

  it('reports the words, marks, memory, answer and attention of each segment', async () => {
    const { bytes } = await completeRun();
    const events = await new Desk().run(stream(file(bytes)));
    expect(story(events)).toBe(`stream-document stream-begin ${'stream-segment '.repeat(5)}stream-end`);
    const [begin] = ofType(events, 'stream-begin');
    const segments = ofType(events, 'stream-segment');
    expect(begin).toMatchObject({ segments: 5, tokens: 55, model: { name: 'run.safetensors', task: 'memorize' } });
    expect(places).toContain(begin?.expected);

    const text = (kind: string) =>
      segments.flatMap(({ words, marks }) =>
        marks.filter((mark) => mark.kind === kind).map((mark) => words.slice(mark.start, mark.end).join(' ')),
      );
    const [fact, ...otherFacts] = text('fact');
    const [question, ...otherQuestions] = text('question');
    expect([...otherFacts, ...otherQuestions]).toEqual([]);
    const [, name = '?', place = '?'] = /^(\w+) [a-z ]+ to the (\w+) \.$/.exec(fact ?? '') ?? [];
    expect(names).toContain(name);
    expect(place).toBe(begin?.expected);
    expect(question).toBe(`where is ${name} ?`);

    const [L, H, M, S, D] = [2, 2, 2, 16, 8];
    for (const [i, segment] of segments.entries()) {
      expect(segment.index).toBe(i);
      expect(segment.words).toHaveLength(11);
      expect(segment.words).not.toContain('[PAD]');
      expect(segment.memory).toHaveLength(M * D);
      expect(segment.memory.every(Number.isFinite)).toBe(true);
      expect(segment.probabilities).toHaveLength(6);
      expect(segment.probabilities.every((p) => p > 0 && p < 1)).toBe(true);
      expect(segment.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      const { write = new Float32Array(), read = new Float32Array() } = segment;
      expect(write).toHaveLength(L * H * M * S);
      expect(read).toHaveLength(L * H * S * M);
      expect(Math.min(...write, ...read)).toBeGreaterThan(0); // no PAD in a whole segment
      const rows = (all: Float32Array, columns: number) =>
        Array.from({ length: all.length / columns }, (_, r) =>
          all.subarray(r * columns, (r + 1) * columns).reduce((a, b) => a + b),
        );
      for (const sum of rows(write, S)) expect(sum).toBeCloseTo(1, 5);
      for (const sum of rows(read, M)) expect(sum).toBeLessThan(1);
      // Both have the same numbers where memory attends to memory.
      for (let lh = 0; lh < L * H; lh++)
        for (let r = 0; r < M; r++)
          for (let c = 0; c < M; c++) expect(write[(lh * M + r) * S + 1 + c]).toBe(read[(lh * S + 1 + r) * M + c]);
      expect(segment.gpuBytes).toBe(segments[0]?.gpuBytes);
      expect(segment.gpuBytes).toBeGreaterThan(0);
      expect(segment.milliseconds).toBeGreaterThan(0);
    }
    const { probabilities } = last(segments);
    const answer = places[probabilities.indexOf(Math.max(...probabilities))];
    expect(last(events)).toEqual({ type: 'stream-end', answer, expected: begin?.expected, finished: true });
  });

  it('depends on the seed, and not on whether attention is requested', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    const [shown, blind, other] = [
      ofType(await desk.run(stream(model)), 'stream-segment'),
      ofType(await desk.run(stream(model, { attention: false })), 'stream-segment'),
      ofType(await desk.run(stream(model, { seed: 2 })), 'stream-segment'),
    ];
    for (const segment of blind) {
      expect(segment).not.toHaveProperty('write');
      expect(segment).not.toHaveProperty('read');
    }
    const content = ({ words, marks, memory, probabilities }: Of<'stream-segment'>) => ({
      words,
      marks,
      memory,
      probabilities,
    });
    expect(blind.map(content)).toEqual(shown.map(content));
    expect(other.map(({ words }) => words)).not.toEqual(shown.map(({ words }) => words));
  });

  it('supports another task with the same words', async () => {
    const model = file((await completeRun()).bytes);
    const events = await new Desk().run(stream(model, { task: 'detect', segments: 20, attention: false, seed: 3 }));
    expect(ofType(events, 'stream-begin')[0]?.model.task).toBe('detect');
    const withFact = ofType(events, 'stream-segment').filter(({ marks }) => marks.some(({ kind }) => kind === 'fact'));
    expect(withFact).toHaveLength(1);
    expect(withFact[0]?.index).toBeGreaterThan(0); // memorize would put it first
  });

  it('can be paused, stepped, continued and stopped', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    const long = stream(model, { segments: 100_000, attention: false });
    await desk.ask([long, { type: 'pause', of: 'stream' }], 'stream-paused');
    expect(story(desk.events)).toBe('stream-document stream-begin stream-paused');
    for (const index of [0, 1, 2]) {
      expect((await desk.ask({ type: 'step', of: 'stream' }, 'stream-paused')).index).toBe(index);
      expect(ofType(desk.events, 'stream-segment').map((segment) => segment.index)).toEqual(
        Array.from({ length: index + 1 }, (_, i) => i),
      );
    }
    await desk.ask({ type: 'continue', of: 'stream' }, 'stream-segment', ({ index }) => index === 6);
    const paused = await desk.ask({ type: 'pause', of: 'stream' }, 'stream-paused');
    expect(ofType(desk.events, 'stream-segment')).toHaveLength(paused.index + 1);
    const events = await desk.run({ type: 'stop', of: 'stream' });
    expect(story(events)).toBe('stream-end');
    expect(last(ofType(events, 'stream-end')).finished).toBe(false);
    expect(story(await desk.run({ type: 'step', of: 'stream' }, { type: 'continue', of: 'stream' }))).toBe('');

    // Another stream replaces the one in progress.
    await desk.ask(long, 'stream-segment');
    const replaced = await desk.run(stream(model));
    expect(ofType(replaced, 'stream-end').map(({ finished }) => finished)).toEqual([false, true]);
  });

  it('is refused for a checkpoint it cannot use, with the reason', async () => {
    const { bytes } = await completeRun();
    const wordless = altered(bytes, () => ({ vocabulary: undefined as never }));
    const taskless = altered(bytes, () => ({ task: undefined }));
    const renamed = altered(bytes, ({ vocabulary = [] }) => ({
      vocabulary: vocabulary.map((word) => (word === 'mary' ? 'marie' : word)),
    }));
    const cases: [command: Job, message: string][] = [
      [
        stream(file(bytes), { task: 'sleep' }),
        `checkpoint run.safetensors: task: no task 'sleep' (expected one of ${taskIds})`,
      ],
      [
        stream(file(bytes), { task: 'reasoning' }),
        `checkpoint run.safetensors: segment_size 11 (expected at least ${tasks.reasoning.minimumSegmentSize}, which reasoning needs for its facts and question)`,
      ],
      [
        stream(file(wordless)),
        "checkpoint run.safetensors: neither a 'tokenizer' nor a 'vocabulary' in its metadata (expected one of them, to read a text)",
      ],
      [
        stream(file(taskless)),
        'checkpoint run.safetensors: no task in its metadata (expected one there or in the request, or a tokenizer to read any text)',
      ],
      [stream(file(renamed)), "vocabulary: no word 'mary' (expected every word of the tasks)"],
      [
        stream(file(bytes.slice(0, 4))),
        'checkpoint run.safetensors: 4 bytes (expected a safetensors file of at least 8 bytes)',
      ],
      [stream(training), 'model: no model has been trained (expected a run, or a checkpoint)'],
      [
        stream(file(bytes), { materials: { noise: { name: 'empty.txt', text: '' } } }),
        'empty.txt: no text (expected a text with at least one word)',
      ],
      [evaluate(training), 'model: no model has been trained (expected a run, or a checkpoint)'],
      [
        evaluate(file(bytes), { task: 'sleep' }),
        `checkpoint run.safetensors: task: no task 'sleep' (expected one of ${taskIds})`,
      ],
      [
        evaluate(file(wordless)),
        "checkpoint run.safetensors: neither a 'tokenizer' nor a 'vocabulary' in its metadata (expected one of them, to read a text)",
      ],
    ];
    const desk = new Desk();
    for (const [command, message] of cases) {
      const failed = ofType(await desk.run(command), 'failed');
      expect(failed.map((event) => event.message)).toEqual([message]);
      expect(failed).toMatchObject([{ during: command.kind, status: 2 }]);
    }
    expect(last(await desk.run(stream(file(taskless), { task: 'memorize' })))).toMatchObject({ finished: true });
  });
});
