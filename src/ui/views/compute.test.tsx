import { readFileSync } from 'node:fs';
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { MeasureKind } from '../../protocol/index.ts';
import { manifestOf } from '../../testing/facts.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Compute } from './Compute.tsx';

const address = '#/compute?compute.segment=16&compute.longest=64&compute.runs=1&compute.seconds=600';
const cheaperFrom = (name: string) =>
  textOf(
    within(screen.getByRole('group', { name: 'Length from which memory is cheaper' })).getByRole('row', {
      name: new RegExp(`^${name}`),
    }),
  );

async function measuring(): Promise<Page> {
  const page = await renderPage(<Compute />, { address });
  await page.user.click(button('Measure'));
  const { request } = page.job('measure');
  page.job('measure').send({ type: 'measure-begin', request, lengths: [16, 32, 64] });
  return page;
}
const point = (kind: MeasureKind, positions: number, median: number, working: number) =>
  ({
    type: 'measure-point',
    point: {
      kind,
      positions,
      text: positions - 7,
      runs: 1,
      milliseconds: { median, low: median, high: median },
      gpuBytes: { parameters: 1000, working },
    },
  }) as const;

describe('Compute', () => {
  it('reproduces the ratios of RMT-1M for the chosen sizes', async () => {
    const { user, state } = await renderPage(<Compute />, { address: '#/compute?compute.sizes=125M,6.7B' });
    expect(field('125M').checked).toBe(true);
    expect(field('175B').checked).toBe(false);
    // Computed here, and as in RMT-1M.
    expect(cheaperFrom('OPT-125M')).toMatch(/295\.07 ×295\.07 ×$/);
    expect(cheaperFrom('OPT-6.7B')).toMatch(/81\.65 ×81\.65 ×$/);
    await user.click(field('175B'));
    expect(state().experiment.compute.sizes).toEqual(['125M', '6.7B', '175B']);
    expect(cheaperFrom('OPT-175B')).toMatch(/29\.02 ×29\.02 ×$/);
    const all = within(screen.getByRole('group', { name: 'FLOPs by length', hidden: true })).getAllByRole('row', {
      name: /^OPT-125M/,
      hidden: true,
    });
    expect(all).toHaveLength(13);
    expect(all.map(textOf).find((text) => text.startsWith('OPT-125M250128,000'))).toContain('19.3');
  });

  it('draws a line per model with and without memory', async () => {
    await renderPage(<Compute />, { address: '#/compute?compute.sizes=125M' });
    await expect.poll(() => document.querySelectorAll('.recharts-wrapper').length).toBeGreaterThan(1);
    // The user's model and one OPT size, with and without memory; and the ratio of each.
    await expect.poll(() => document.querySelectorAll('.recharts-line').length).toBe(4 + 2);
  });

  it('takes the model from Train, or from a checkpoint’s header', async () => {
    const file = new Uint8Array(readFileSync('public/checkpoints/copy.safetensors'));
    const page = await renderPage(<Compute />, {
      address: '#/compute?num_hidden_layers=3&hidden_size=64',
      manifest: { checkpoints: [{ ...manifestOf(8).checkpoints[0], file: 'copy.safetensors', title: 'Copy' }] },
      files: { 'checkpoints/copy.safetensors': file },
    });
    expect(textIn('The model')).toContain('An encoder of 3 layers, width 64');
    await page.user.selectOptions(field('Your model'), 'copy.safetensors');
    expect(await screen.findByText(/A decoder of 1 layer, width 32, 2 heads/)).toBeTruthy();
    expect(page.state().experiment.compute.model).toBe('copy.safetensors');
  });

  it('says which checkpoint cannot be read', async () => {
    const page = await renderPage(<Compute />);
    await page.user.selectOptions(field('Your model'), 'detect.safetensors');
    expect((await screen.findByRole('alert')).textContent).toContain('detect.safetensors');
    expect(button('Measure').disabled).toBe(true);
  });

  it('measures both kinds by length, and says how they grow', async () => {
    const page = await measuring();
    const job = page.job('measure');
    expect(job.request).toMatchObject({ segment: 16, longest: 64, runs: 1, seconds: 600 });
    job.send({ type: 'measure-progress', kind: 'full', positions: 32, doing: 'measuring', run: 0 });
    expect(textIn('Measured on this GPU')).toContain('32 positions, full attention: pass 1 of 1');
    for (const n of [16, 32, 64]) job.send(point('rmt', n, n, 5000), point('full', n, n * n, n * n));
    job.send({ type: 'measure-end', finished: true });
    expect(textIn('Measured on this GPU')).toContain('Finished.');
    expect(await screen.findByText(/GPU bytes stay the same/)).toBeTruthy();
    expect(textIn('Measured on this GPU')).toMatch(/Full attention\..*GPU bytes grow as length to the power 2\.00/);
    const rows = within(screen.getByRole('group', { name: 'Time and bytes by length' })).getAllByRole('row');
    expect(rows).toHaveLength(2 + 3);
    expect(textOf(rows.at(-1) ?? null)).toMatch(/^64.*n = 1.*64\.00 ×$/);
  });

  it('says where one of them stops', async () => {
    const page = await measuring();
    page.job('measure').send(point('rmt', 16, 1, 1), {
      type: 'measure-limit',
      kind: 'full',
      positions: 32,
      reason: 'one pass would take 80 s',
    });
    expect(await screen.findByText(/one pass would take 80 s/)).toBeTruthy();
    expect(textIn('Measured on this GPU')).toMatch(/Full attention stops before 32 positions/);
  });

  it('can be stopped, and keeps its results', async () => {
    const page = await measuring();
    await page.user.click(button('Stop'));
    expect(page.job('measure').controls).toEqual(['stop']);
    page.job('measure').send({ type: 'measure-end', finished: false });
    expect(textIn('Measured on this GPU')).toContain('Stopped. Results so far are kept.');
  });

  it('explains what cannot be measured', async () => {
    await renderPage(<Compute />, { address: '#/compute?compute.segment=4&compute.longest=64' });
    expect(screen.getByRole('alert').textContent).toContain('memory and special tokens alone take 7 positions');
    expect(button('Measure').disabled).toBe(true);
  });

  it('says what keeps the GPU busy', async () => {
    const page = await measuring();
    page.job('measure').fail('GPU: a run in training (expected an idle GPU)');
    expect(screen.getByRole('alert').textContent).toContain('a run in training');
  });

  it('without WebGPU still shows the formula', async () => {
    await renderPage(<Compute />, { obstacle: 'no-webgpu' });
    expect(screen.getByRole('region', { name: 'Cost by formula' })).toBeTruthy();
    expect(screen.queryByRole('region', { name: 'Measured on this GPU' })).toBeNull();
  });
});
