import { describe, expect, it } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { defaults } from '../experiment/config.ts';
import type { MeasureRequest, Report } from '../protocol/index.ts';
import { Desk, last, ofType, story } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { measure } from './measure.ts';

useSimpleKernels();

const shape = { kind: 'encoder', layers: 1, width: 8, heads: 2, inner: 8, memory: 1 } as const;
const request: MeasureRequest = { shape, segment: 8, longest: 32, runs: 2, seconds: 600 };
const start = { kind: 'measure', ...request } as const;

async function eventsOn(gpu: Gpu, asked: MeasureRequest): Promise<Report[]> {
  const events: Report[] = [];
  for await (const event of measure(gpu, asked, () => false)) events.push(event);
  return events;
}

describe('the measurement', { timeout: 600_000 }, () => {
  it.each(['encoder', 'decoder'] as const)(
    '%s: both kinds at every length, memory flat and attention not',
    async (kind) => {
      const gpu = await testGpu();
      const bytes = gpu.bytes;
      const events = await new Desk().run({ ...start, shape: { ...shape, kind } });
      expect(story(events).replaceAll(/(measure-progress ?)+/g, '')).toBe(
        'measure-begin measure-point measure-point measure-point measure-point measure-point measure-point measure-end',
      );
      expect(last(ofType(events, 'measure-begin')).lengths).toEqual([8, 16, 32]);
      expect(last(ofType(events, 'measure-end')).finished).toBe(true);
      const points = ofType(events, 'measure-point').map(({ point }) => point);
      expect(points.map((point) => [point.kind, point.positions])).toEqual([
        ['rmt', 8],
        ['full', 8],
        ['rmt', 16],
        ['full', 16],
        ['rmt', 32],
        ['full', 32],
      ]);
      for (const { milliseconds, runs } of points) {
        const { low, median, high } = milliseconds;
        expect([runs, low > 0, low <= median, median <= high]).toEqual([2, true, true, true]);
      }
      const of = (which: 'rmt' | 'full') => points.filter((point) => point.kind === which);
      // Text: the positions that memory and special tokens leave free, in each segment or in the whole sequence.
      const texts =
        kind === 'encoder' ? { rmt: [4, 8, 16], full: [5, 13, 29] } : { rmt: [6, 12, 24], full: [8, 16, 32] };
      expect(of('rmt').map(({ text }) => text)).toEqual(texts.rmt);
      expect(of('full').map(({ text }) => text)).toEqual(texts.full);
      const working = (which: 'rmt' | 'full') => of(which).map(({ gpuBytes }) => gpuBytes.working);
      expect(new Set(working('rmt')).size).toBe(1);
      const [short = 0, , long = 0] = working('full');
      expect(long).toBeGreaterThan(short);
      // Twice the positions need twice the rows of the position table.
      expect(new Set(of('rmt').map(({ gpuBytes }) => gpuBytes.parameters)).size).toBe(1);
      expect(gpu.bytes).toBe(bytes);
    },
  );

  it('ends a kind that the adapter cannot run, with the reason, and continues with the other', async () => {
    const gpu = await testGpu();
    const small: Gpu = Object.create(gpu, {
      // 12 rows of query, key and value at once.
      device: {
        value: new Proxy(gpu.device, {
          get(device, name) {
            if (name === 'limits')
              return { ...gpu.facts.limits, maxStorageBufferBindingSize: 4 * 12 * 3 * shape.width };
            const value = Reflect.get(device, name, device);
            return typeof value === 'function' ? value.bind(device) : value;
          },
        }),
      },
    });
    const events = await eventsOn(small, { ...request, runs: 1 });
    const limits = ofType(events, 'measure-limit');
    expect(limits).toHaveLength(1);
    expect(limits[0]).toMatchObject({ kind: 'full', positions: 16 });
    expect(limits[0]?.reason).toMatch(
      /binds 1,536 bytes at once \(expected at most 1,152, .*maxStorageBufferBindingSize/,
    );
    expect(ofType(events, 'measure-point').filter(({ point }) => point.kind === 'rmt')).toHaveLength(3);
  });

  it('ends a kind whose buffers cannot be allocated', async () => {
    const gpu = await testGpu();
    const full: Gpu = Object.create(gpu, {
      allocate: {
        value(label: string, bytes: number, usage: GPUBufferUsageFlags) {
          if (label.startsWith('segment 0') && bytes > 500) throw new RangeError('the GPU is out of memory');
          return gpu.allocate(label, bytes, usage);
        },
      },
      release: { value: (buffer: GPUBuffer | undefined) => gpu.release(buffer) },
    });
    const before = gpu.bytes;
    const events = await eventsOn(full, { ...request, runs: 1 });
    expect(ofType(events, 'measure-limit').map(({ kind }) => kind)).toContain('full');
    expect(last(ofType(events, 'measure-limit')).reason).toBe('the GPU is out of memory');
    expect(last(events)).toEqual({ type: 'measure-end', finished: true });
    expect(gpu.bytes).toBe(before);
  });

  it('starts no longer length after the time limit', async () => {
    const events = await eventsOn(await testGpu(), { ...request, seconds: 1e-6 });
    expect(ofType(events, 'measure-limit').map(({ kind, positions }) => [kind, positions])).toEqual([
      ['rmt', 8],
      ['full', 8],
    ]);
    expect(ofType(events, 'measure-limit')[0]?.reason).toMatch(/^the time limit of .* was reached$/);
  });

  it.each([
    [
      { segment: 4 },
      /^measure: segment: 4 positions, of which memory and special tokens take 4 \(expected at least 5\)/,
    ],
    [{ longest: 7 }, /^measure: longest/],
    [{ shape: { ...shape, memory: 0 } }, /^measure: memory tokens/],
    [{ shape: { ...shape, heads: 3 } }, /num_attention_heads is 3/],
  ] as const)('refuses %o before it begins', async (part, message) => {
    const desk = new Desk();
    const refusal = await desk.ask({ ...start, ...part }, 'failed');
    expect(refusal).toMatchObject({ during: 'measure', status: 2 });
    expect(refusal.message).toMatch(message);
  });

  it('can be stopped, ends when other work begins, and is refused while the GPU is busy', async () => {
    const desk = new Desk();
    await desk.ask({ ...start, runs: 1000 }, 'measure-progress', ({ doing }) => doing === 'measuring');
    // Another job's control does not stop it.
    desk.send({ type: 'stop', of: 'bench' }, { type: 'stop', of: 'check' });
    await desk.ask([], 'measure-progress', ({ run }) => run > 3);
    const stopped = await desk.run({ type: 'stop', of: 'measure' });
    expect(last(ofType(stopped, 'measure-end')).finished).toBe(false);
    await desk.ask({ ...start, runs: 1000 }, 'measure-progress', ({ doing }) => doing === 'measuring');
    // The next job of its kind waits for its end.
    const made = await desk.run({ ...start, longest: 8 });
    expect(ofType(made, 'measure-end').map(({ finished }) => finished)).toEqual([false, true]);

    const config = { ...defaults, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, batch_size: 2 };
    await desk.ask({ kind: 'train', config }, 'train-step');
    const refusal = await desk.ask(start, 'failed', ({ during }) => during === 'measure');
    expect(refusal.message).toMatch(/^measure: a run in training is using the GPU \(expected /);
    await desk.run({ type: 'stop', of: 'train' });
  });
});
