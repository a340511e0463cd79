// Evaluating several models into one plot, one after the other, even if one fails.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModelFacts, Report } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { Line } from '../../testing/line.ts';
import { memoryStorage, Shelf } from '../library/storage.ts';
import { createPlayground } from '../store.ts';

const card = (file: string) => ({
  file,
  title: file.replace('.safetensors', ''),
  task: 'detect',
  description: 'd',
  segments: 4,
  seed: 1,
  made: { command: 'c', adapter: 'a', date: '2026', steps: 1 },
  accuracy: { '1': 1 },
});
const manifest = { checkpoints: ['a', 'b', 'c'].map((name) => card(`${name}.safetensors`)) };
const begin: Report = { type: 'evaluate-begin', model: { kind: 'RMT' } as ModelFacts, task: 'detect' };
const end: Report = { type: 'evaluate-end', finished: true };

let posted: (Job | Wish)[];
const started = () =>
  posted.flatMap((command) => ('kind' in command && command.kind === 'evaluate' ? [command.model] : []));
const names = () => started().map((model) => (model.kind === 'checkpoint' ? model.name[0] : model.kind));

async function fresh(also: readonly string[]) {
  posted = [];
  const line = new Line(posted);
  const store = createPlayground({
    post: line.post,
    async fetchFile(path) {
      if (path.endsWith('b.safetensors') && broken) throw new Error('b.safetensors: the server answered 404');
      return path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifest)) : Uint8Array.of(1);
    },
    runs: memoryStorage(new Shelf()),
    obstacle: undefined,
  });
  const { getState: get } = store;
  await get().models.load();
  get().experiment.setEvaluate({ also });
  const take = line.receiver(get);
  const receive = async (...reports: Report[]) => {
    take(...reports);
    // The next model's bytes are fetched first.
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { get, receive };
}
let broken = false;
beforeEach(() => {
  broken = false;
});

describe('several models', () => {
  it('are evaluated one after the other, each once, on the same settings', async () => {
    const { get, receive } = await fresh(['b.safetensors', 'c.safetensors', 'b.safetensors']);
    await get().evaluate.start();
    expect(names()).toEqual(['a']);
    expect(get().evaluate.waiting).toEqual(['b.safetensors', 'c.safetensors']);
    await receive(begin, end);
    expect(names()).toEqual(['a', 'b']);
    expect(get().evaluate.status).toBe('starting');
    await receive(begin, end);
    await receive(begin, end);
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(get().evaluate).toMatchObject({ status: 'idle', waiting: [] });
    expect(get().evaluate.results.map(({ label, status }) => [label, status])).toEqual([
      ['a', 'finished'],
      ['b', 'finished'],
      ['c', 'finished'],
    ]);
  });

  it('continue after one that is unavailable or fails', async () => {
    broken = true;
    const { get, receive } = await fresh(['b.safetensors', 'c.safetensors']);
    await get().evaluate.start();
    await receive({ type: 'failed', during: 'evaluate', message: 'a: broken', status: 1 });
    expect(names()).toEqual(['a', 'c']);
    await receive(begin, end);
    expect(get().evaluate.results.map(({ label }) => label)).toEqual(['c']);
    expect(get().evaluate.error).toBe(
      'Could not evaluate “a”. a: broken. Could not evaluate “b”. b.safetensors: the server answered 404.',
    );
  });

  it('stop waiting when the evaluation is cancelled', async () => {
    const { get, receive } = await fresh(['b.safetensors']);
    await get().evaluate.start();
    await receive(begin);
    get().evaluate.cancel();
    await receive({ type: 'evaluate-end', finished: false });
    expect(names()).toEqual(['a']);
    expect(get().evaluate).toMatchObject({ status: 'idle', waiting: [] });
  });

  it('stay until removed, except the one being measured', async () => {
    const { get, receive } = await fresh(['b.safetensors']);
    await get().evaluate.start();
    await receive(begin, end);
    await receive(begin);
    const ids = get().evaluate.results.map(({ id }) => id);
    expect(ids).toEqual([1, 2]);
    get().evaluate.remove(2);
    get().evaluate.remove(1);
    expect(get().evaluate.results.map(({ id }) => id)).toEqual([2]);
  });
});
