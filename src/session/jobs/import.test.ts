// Models given as files: a published model is imported with a report, a checkpoint of ours streams as its bytes do.
import { describe, expect, it } from 'vitest';
import { Desk, last, ofType, story } from '../../testing/desk.ts';
import { useSimpleKernels } from '../../testing/gpu.ts';
import { filesOf, publishedBert } from '../../testing/published-model.ts';
import { completeRun, stream } from '../../testing/session-runs.ts';

useSimpleKernels();

const name = 'tiny';

describe('an import', () => {
  it('says what the model is, what is new, and how large it becomes', async () => {
    const events = await new Desk().run({
      kind: 'import',
      name,
      files: filesOf(publishedBert()),
      options: { memory: 2, segmentSize: 5, labels: 4 },
    });
    expect(story(events)).toMatch(/^(reading )+import-end$/);
    const { report, bytes, answers } = last(ofType(events, 'import-end'));
    expect(answers).toBe('class');
    expect(report).toMatchObject({
      model: 'rmt-bert',
      config: { num_mem_tokens: 2, segment_size: 5, num_labels: 4, hidden_size: 8 },
    });
    expect(report.initialised.map((each) => each.name)).toEqual(expect.arrayContaining(['classifier.weight']));
    expect(bytes).toBeGreaterThan(4 * report.parameters);
    const shares = ofType(events, 'reading').map(({ share }) => share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('is refused with the file that is wrong, and the session continues', async () => {
    const { 'config.json': _, ...without } = publishedBert();
    const desk = new Desk();
    const options = { memory: 2 };
    expect(await desk.run({ kind: 'import', name, files: filesOf(without), options })).toMatchObject([
      { type: 'failed', during: 'import', status: 2, input: { where: 'model.safetensors' } },
    ]);
    expect(story(await desk.run({ kind: 'import', name, files: filesOf(publishedBert()), options }))).toMatch(
      /import-end$/,
    );
  });
});

it('a checkpoint of ours without memory gets memory where it is asked for, and is used with it', async () => {
  const { bytes } = await completeRun({ model: 'bert' });
  const files = [new File([bytes], 'plain.safetensors')];
  const desk = new Desk();
  const options = { memory: 3 };
  const { report } = last(ofType(await desk.run({ kind: 'import', name, files, options }), 'import-end'));
  expect(report).toMatchObject({ model: 'rmt-bert', config: { num_mem_tokens: 3 } });
  expect(report.initialised.map((each) => each.name)).toContain('rmt.memory');
  const described = await desk.run({ kind: 'describe', model: { kind: 'files', name, files, options } });
  expect(last(ofType(described, 'describe-end')).model.settings).toMatchObject({
    model: 'rmt-bert',
    num_mem_tokens: 3,
  });
});

it('a checkpoint given as a file streams as its bytes do', async () => {
  const { bytes } = await completeRun();
  const files = [new File([bytes], 'run.safetensors')];
  const settings = { segments: 2, seed: 1 };
  const results = [];
  for (const model of [{ kind: 'checkpoint', name, bytes } as const, { kind: 'files', name, files } as const])
    results.push(
      ofType(await new Desk().run(stream(model, settings)), 'stream-segment').map(({ memory }) => [...memory]),
    );
  expect(results[0]).toHaveLength(2);
  expect(results[1]).toEqual(results[0]);
});
