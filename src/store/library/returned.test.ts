// A run that comes back from PyTorch becomes a run of the browser: what train.py left after six of eight steps.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { returnedAmong } from '../../torch/returned-files.ts';
import { checkFigures } from './file.ts';
import { readReturned } from './returned.ts';

const folder = fileURLToPath(new URL('../../testing/golden/returned-run/', import.meta.url));
const file = (name: string, change = (text: string) => text) => {
  const bytes = readFileSync(`${folder}${name}`);
  const content = name.endsWith('.safetensors') ? new Uint8Array(bytes) : change(bytes.toString());
  return new File([content], name.replace('out/', ''));
};
const checkpoint = file('out/checkpoint.safetensors');

async function returned(...files: readonly File[]) {
  const found = await returnedAmong(files);
  if (!found) expect.fail('no returned run among the files');
  return readReturned(found);
}

describe('a run that comes back from PyTorch', () => {
  it('has its settings, progress, curves and checkpoint', async () => {
    const { record, curves, bytes } = await returned(checkpoint, file('out/metrics.jsonl'));
    expect(record).toMatchObject({
      name: expect.stringMatching(/, from PyTorch$/),
      state: 'stopped',
      config: { hidden_size: 8, batch_size: 4 },
      progress: { step: 6, steps: 8, stage: 1, stages: 2, stageStep: 2, stageSteps: 4, segments: 2 },
      validated: { segments: 1 },
      files: [],
    });
    expect(curves.steps.columns.x).toEqual([1, 2, 3, 4, 5, 6]);
    expect(curves.bands).toEqual([
      { stage: 0, segments: 1, from: 0 },
      { stage: 1, segments: 2, from: 4 },
    ]);
    expect(bytes).toEqual(new Uint8Array(await checkpoint.arrayBuffer()));
    // What the page demands of an exported run.
    checkFigures('returned', record.config, record.progress, curves);
  });

  it('has no curves without metrics', async () => {
    const { curves } = await returned(checkpoint, file('run.json'), file('config.json'));
    expect(curves.steps.columns.x).toEqual([]);
  });

  it('is refused with a gap in its metrics, or an edited configuration', async () => {
    const gap = file('out/metrics.jsonl', (text) => text.replace(/.*"step": 2,.*\n/, ''));
    await expect(returned(checkpoint, gap)).rejects.toThrow(/^metrics\.jsonl: no line for step 2 /);
    const edited = file('config.json', (text) => text.replace('"hidden_size": 8', '"hidden_size": 16'));
    await expect(returned(checkpoint, file('run.json'), edited)).rejects.toThrow(
      /^config\.json: hidden_size is 16 \(expected 8, as in the checkpoint/,
    );
  });
});
