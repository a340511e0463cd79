// The evaluation slice.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { decoder, model, openPage } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('evaluate', () => {
  const begin: Report = { type: 'evaluate-begin', model, task: 'detect' };
  const point = {
    type: 'evaluate-point',
    whole: 1,
    loss: 0.5,
    wanted: 100,
    commonest: 6,
    suspicions: [],
  } as const;

  it('collects the points of each number of segments', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().evaluate.start();
    expect(posted).toMatchObject([{ kind: 'evaluate', segments: [1, 2, 4, 8, 16, 32], samples: 100, seed: 1 }]);
    receive(begin, { ...point, segments: 1, right: 10, asked: 32, samples: 32 });
    receive({ ...point, segments: 1, right: 40, asked: 64, samples: 64 });
    receive({ ...point, segments: 2, right: 3, asked: 32, samples: 32 });
    receive({ type: 'evaluate-end', finished: false });
    expect(get().evaluate.status).toBe('idle');
    expect(get().evaluate.results).toMatchObject([
      {
        label: 'Detect',
        status: 'cancelled',
        chance: 1 / 6,
        points: [
          { segments: 1, right: 40, samples: 64 },
          { segments: 2, right: 3, samples: 32 },
        ],
      },
    ]);
  });

  it('finds results again after a reload, unless they are broken', async () => {
    const kept = new Map<string, string>();
    const visit = {
      recall: (name: string) => JSON.parse(kept.get(name) ?? 'null') ?? undefined,
      keep: (name: string, value: unknown) => void kept.set(name, JSON.stringify(value ?? null)),
    };
    const { get, receive } = fresh({ visit });
    await get().models.load();
    await get().evaluate.start();
    const positions = Float32Array.of(0.5, Number.NaN);
    receive(begin, { ...point, segments: 1, right: 40, asked: 100, samples: 100, positions });
    const before = get().evaluate.results;
    // Reloaded while it still runs: what is done stays.
    const after = fresh({ visit }).get();
    expect(after.evaluate.results).toEqual([{ ...before[0], status: 'cancelled' }]);
    receive({ type: 'evaluate-end', finished: true });
    const again = fresh({ visit });
    expect(again.get().evaluate.results).toMatchObject([{ id: 1, status: 'finished', points: [{ positions }] }]);
    await again.get().models.load();
    await again.get().evaluate.start();
    again.receive(begin, { type: 'evaluate-end', finished: true });
    expect(again.get().evaluate.results.map(({ id }) => id)).toEqual([1, 2]);
    again.get().evaluate.remove(1);
    expect(
      fresh({ visit })
        .get()
        .evaluate.results.map(({ id }) => id),
    ).toEqual([2]);
    again.get().evaluate.clear();
    expect(fresh({ visit }).get().evaluate.results).toEqual([]);
    visit.keep('evaluations', [{ id: 'x' }, { ...before[0], points: [{}] }, 7]);
    expect(fresh({ visit }).get().evaluate.results).toEqual([]);
  });

  it('keeps results when the next evaluation fails', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().evaluate.start();
    receive(begin, { type: 'evaluate-end', finished: true });
    await get().evaluate.start();
    receive({ type: 'failed', during: 'evaluate', message: 'evaluate: broken', status: 1 });
    expect(get().evaluate).toMatchObject({ status: 'failed', error: 'Could not evaluate “Detect”. evaluate: broken.' });
    expect(get().evaluate.results).toHaveLength(1);
  });
});

describe('evaluating a generative model', () => {
  it('uses its settings, and the right names for its figures', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    get().experiment.setEvaluate({ generate: true, task: 'language' });
    await get().evaluate.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'evaluate', task: 'language', generate: true });
    const positions = Float32Array.of(3, 2);
    receive(
      { type: 'evaluate-begin', model: decoder, task: 'language', unit: 'bytes' },
      {
        type: 'evaluate-point',
        segments: 1,
        right: 5,
        asked: 10,
        whole: 0,
        generated: 1,
        samples: 2,
        wanted: 2,
        loss: 2,
        commonest: 3,
        suspicions: [],
        positions,
      },
      { type: 'evaluate-end', finished: true },
    );
    expect(get().evaluate.results).toMatchObject([
      {
        measure: 'every word',
        unit: 'bytes',
        chance: undefined,
        points: [{ right: 5, asked: 10, whole: 0, generated: 1, loss: 2, positions }],
      },
    ]);
  });
});
