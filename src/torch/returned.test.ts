// Runs that come back from PyTorch: the golden folder is what train.py left after six of eight steps.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bytesSource, type TextSource } from '../io/text-source.ts';
import { zipPieces } from '../io/zip-write.ts';
import { readCheckpoint, writeCheckpoint } from '../models/checkpoint.ts';
import { beginningOf } from '../train/beginning.ts';
import { openTraining } from '../train/resume.ts';
import { returnedFiles } from './returned-files.ts';
import { readReturnedRun } from './returned-run.ts';

const folder = fileURLToPath(new URL('../testing/golden/returned-run/', import.meta.url));
const read = (path: string) => new Uint8Array(readFileSync(folder + path));
const text = (path: string) => new TextDecoder().decode(read(path));
const file = (name: string, content: string | Uint8Array) =>
  bytesSource(name, typeof content === 'string' ? new TextEncoder().encode(content) : content);

const checkpoint = file('checkpoint.safetensors', read('out/checkpoint.safetensors'));
const metrics = file('metrics.jsonl', read('out/metrics.jsonl'));
const config = file('config.json', read('config.json'));
const run = file('run.json', read('run.json'));
const lines = text('out/metrics.jsonl').split('\n').slice(0, -1);

async function returned(sources: readonly TextSource[]) {
  const files = await returnedFiles(sources);
  return files && readReturnedRun(files);
}
const withMetrics = (content: string) => returned([checkpoint, file('metrics.jsonl', content)]);

describe('a run that comes back from PyTorch', () => {
  it('is read from its folder, with a line for every step', async () => {
    const back = await returned([run, config, checkpoint, metrics]);
    expect(back).toMatchObject({ model: 'rmt-bert', step: 6 });
    expect(back?.metrics?.steps.map(({ progress }) => progress.step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(back?.metrics?.steps[5]).toMatchObject({ progress: { stage: 1, stages: 2, segments: 2, steps: 8 } });
    expect(back?.metrics?.validations).toMatchObject([{ segments: 1, samples: 8, progress: { step: 4 } }]);
    expect(back?.metrics?.text).toBe(text('out/metrics.jsonl'));
  });

  it('is read from its results alone, and from an archive', async () => {
    const archive = zipPieces([
      { name: 'checkpoint.safetensors', pieces: [read('out/checkpoint.safetensors')] },
      { name: 'metrics.jsonl', pieces: [read('out/metrics.jsonl')] },
    ]);
    const zip = file('run.zip', new Uint8Array(await new Blob(archive as BlobPart[]).arrayBuffer()));
    expect(await returned([zip])).toEqual(await returned([checkpoint, metrics]));
  });

  it('resumes here', async () => {
    const bytes = read('out/checkpoint.safetensors');
    const { config: saved } = openTraining({ name: 'back', bytes });
    const beginning = await beginningOf(saved, { resume: { name: 'back', bytes } });
    expect(beginning.saved).toMatchObject({ step: 6, stage: 1, stageStep: 2 });
    const moments = [...(beginning.saved?.arrays ?? [])].filter(([name]) => name.startsWith('optimizer.v.'));
    expect(moments.length).toBeGreaterThan(10);
    for (const [, data] of moments) expect(data.some((value) => value > 0)).toBe(true);
  });

  it('keeps the lines up to the checkpoint', async () => {
    const later = lines[lines.length - 1]?.replace('"step": 6', '"step": 7');
    const back = await withMetrics(`${lines.join('\n')}\n${later}\n{"type": "st`);
    expect(back?.metrics?.steps).toHaveLength(6);
  });

  it('is nothing else', async () => {
    expect(await returned([config, file('model.safetensors', read('out/checkpoint.safetensors'))])).toBeUndefined();
    expect(await returned([checkpoint])).toBeUndefined();
  });

  it.each<[what: string, act: () => Promise<unknown>, message: RegExp]>([
    [
      'a folder of another version',
      () => returned([file('run.json', text('run.json').replace('"version": 1', '"version": 2')), checkpoint]),
      /^run\.json: version 2 \(expected 1: export the folder again/,
    ],
    [
      'a folder that was not trained',
      () => returned([run, config]),
      /^out\/checkpoint\.safetensors: no such file \(expected the result of train\.py: run it first, then give /,
    ],
    [
      'a configuration that was edited',
      () => {
        const edited = text('config.json').replace('"layer_norm_eps": 1e-12', '"layer_norm_eps": 1e-5');
        return returned([run, file('config.json', edited), checkpoint]);
      },
      /^config\.json: layer_norm_eps is 0\.00001 \(expected 1e-12, as in the checkpoint: it was edited/,
    ],
    [
      'metrics with a gap',
      () =>
        withMetrics(
          lines
            .filter((line) => !line.includes('"step": 3'))
            .join('\n')
            .concat('\n'),
        ),
      /^metrics\.jsonl: no line for step 3 \(expected one line for each step; put them back in order, or import /,
    ],
    [
      'metrics that end early',
      () => withMetrics(`${lines.slice(0, 4).join('\n')}\n`),
      /^metrics\.jsonl: no line for step 5 \(expected lines up to step 6, the checkpoint's; or import /,
    ],
    [
      'metrics of another program',
      () => withMetrics('{"loss": 3}\n'),
      /^metrics\.jsonl: line 1 is no step or validation/,
    ],
    ['a broken line', () => withMetrics(`${lines[0]}\nstep 2\n`), /^metrics\.jsonl: line 2 is not JSON/],
    [
      'a missing vocabulary',
      () => {
        const { vocabulary: _, ...rest } = readCheckpoint(read('out/checkpoint.safetensors'), 'golden');
        return returned([file('checkpoint.safetensors', writeCheckpoint(rest)), metrics]);
      },
      /no vocabulary \(expected vocabulary\.json in the folder when train\.py runs\)$/,
    ],
  ])('refuses %s', async (_what, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });
});
