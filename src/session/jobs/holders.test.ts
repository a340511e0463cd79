// Holders: which memory token changes with what is told of whom, on bundled models and on memories that are known.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { addVariance } from '../../inference/holders.ts';
import type { Holders, ModelSource } from '../../protocol/index.ts';
import { people } from '../../tasks/world/words.ts';
import { Desk, type Job, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, plain, withTensor } from '../../testing/session-runs.ts';

useSimpleKernels();

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

const bundled = (name: string): ModelSource => ({
  kind: 'checkpoint',
  name,
  bytes: new Uint8Array(readFileSync(`public/checkpoints/${name}.safetensors`)),
});
const holders = (model: ModelSource, more: Partial<Job<'holders'>> = {}) =>
  ({ kind: 'holders', model, documents: 2, segments: 2, seed: 1, ...more }) as const;
const foundIn = (events: Parameters<typeof ofType>[0]): Holders =>
  last(ofType(events, 'holders-end')).found ?? expect.fail('nothing was found');

/** The memory token that changes most with each subject, and its share of all changes. */
function mostOf({ subjects, tokens, variance }: Holders) {
  return subjects.map((_, s) => {
    const all = Array.from({ length: tokens }, (_, k) => variance[k * subjects.length + s] as number);
    const most = Math.max(...all);
    return { token: all.indexOf(most), share: most / all.reduce((a, b) => a + b) };
  });
}

describe('holders', () => {
  it('the bundled tracking model has a memory token for each of seven people; clearing it loses that person alone', async () => {
    const events = await new Desk().run(holders(bundled('tracking')));
    expect(story(events)).toBe('holders-begin holders-reading holders-reading holders-end');
    const found = foundIn(events);
    expect(found.subjects).toEqual(people);
    expect(found.values).toHaveLength(6);
    const most = mostOf(found);
    expect(new Set(most.map(({ token }) => token)).size).toBe(7);
    for (const { share } of most.slice(0, 4)) expect(share).toBeGreaterThan(0.8);
    const told = ['mary', 'john', 'sandra'];
    const tokenOf = (person: string) => most[found.subjects.indexOf(person)]?.token ?? -1;
    for (const cleared of told)
      for (const asked of told) {
        const read = await new Desk().run({
          kind: 'stream',
          model: bundled('tracking'),
          segments: 4,
          seed: 5,
          attention: false,
          document: {
            facts: told.map((person, segment) => ({ segment, text: `${person} went to the kitchen .` })),
            question: `where is ${asked} ?`,
          },
          interventions: [{ kind: 'zero', segment: 2, tokens: [tokenOf(cleared)] }],
        });
        const { probabilities } = last(ofType(read, 'stream-segment'));
        const kitchen = probabilities[last(ofType(read, 'stream-begin')).model.classes.indexOf('kitchen')];
        if (asked === cleared) expect(kitchen, asked).toBeLessThan(0.5);
        else expect(kitchen, `${asked} without the token of ${cleared}`).toBeGreaterThan(0.95);
      }
  });

  it('the bundled detect model writes its fact into all memory tokens alike', async () => {
    const found = foundIn(await new Desk().run(holders(bundled('detect'))));
    expect(found.subjects).toEqual(people.slice(0, 4));
    for (const { share } of mostOf(found)) expect(share).toBeCloseTo(1 / found.tokens, 1);
  });

  it('is the same each time, and zero for a memory that does not vary', async () => {
    const { bytes } = await completeRun(plain);
    const model = file(bytes);
    const found = foundIn(await new Desk().run(holders(model)));
    expect(foundIn(await new Desk().run(holders(model)))).toEqual(found);
    expect(foundIn(await new Desk().run(holders(model, { seed: 2 }))).variance).not.toEqual(found.variance);
    const constant = withTensor(bytes, 'bert.encoder.layer.1.output.LayerNorm.weight', () => 0);
    const none = foundIn(await new Desk().run(holders(file(constant), { segments: 0 })));
    expect(Math.max(...none.variance)).toBeLessThan(1e-10);
  });

  it('ends at a stop without figures, and refuses facts that are not about somebody', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    await desk.ask(holders(model, { documents: 1000 }), 'holders-reading');
    expect((await desk.ask({ type: 'stop', of: 'holders' }, 'holders-end')).found).toBeUndefined();
    await expect(new Desk().run(holders(bundled('reasoning')))).resolves.toMatchObject([
      {
        type: 'failed',
        status: 2,
        message: expect.stringMatching(/^reasoning: a task whose facts are not about some/),
      },
    ]);
    await expect(new Desk().run(holders(bundled('copy-armt'), { task: 'detect' }))).resolves.toMatchObject([
      { type: 'failed', status: 2, message: expect.stringMatching(/passes no memory tokens on/) },
    ]);
  });
});

it('adds the variance over values of each memory token, summed over channels', () => {
  // One subject, two values, two tokens, two channels.
  const variance = Float32Array.of(1, 0);
  addVariance(variance, Float32Array.of(0, 1, 5, 5, 2, 5, 5, 5), 1, 2, 2, 0.5);
  // Token 1: 0 and 2 have variance 1, 1 and 5 have 4.
  expect([...variance]).toEqual([1 + 0.5 * 5, 0]);
});
