import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { BenchRow, CheckRow } from '../../protocol/index.ts';
import { softwareDevice } from '../../testing/events.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Device } from './Device.tsx';

const probe = { matmulGflops: 12, matmulSize: 256, copyGBs: 3 };
const cases = [
  { model: 'rmt-bert', kernels: 'small' },
  { model: 'rmt-gpt2', kernels: 'small' },
] as const;
const compared = (passed: boolean): CheckRow[] => [
  { group: 'loss', size: 1, error: 1e-7, passed: true },
  { group: 'rmt.memory', size: 16, error: passed ? 2e-6 : 0.5, passed },
];
const inBench = () => within(screen.getByRole('region', { name: 'Bench' }));

const benchRow: BenchRow = {
  shape: 'tiny',
  mode: 'forward',
  runs: 1,
  segmentsPerRun: 1,
  milliseconds: { median: 2, low: 2, high: 2 },
  flops: 1e6,
  gflops: 0.5,
  peakShare: 0.04,
  bytesMoved: 1e6,
  gigabytesPerSecond: 0.5,
  copyShare: 0.16,
  dispatches: { encode: 10 },
  perLayer: { forward: 4, backward: 0 },
  start: { pipelines: 23, preparing: 1250, firstRun: 40 },
  gpuBytes: { parameters: 1000, training: 0, activations: 2000, total: 4000 },
  kernels: [
    { kernel: 'embedding_forward', section: 'encode', params: { D: 64 }, dispatches: 1, bytes: 10, milliseconds: 1 },
  ],
};

async function checked(passed: boolean): Promise<Page> {
  const page = await renderPage(<Device />);
  await page.user.click(button('Check this GPU'));
  const job = page.job('check');
  job.send({ type: 'check-begin', probe, tolerance: 0.001, cases });
  for (const of of cases) job.send({ type: 'check-result', of, rows: compared(passed) });
  job.send({ type: 'check-end', finished: true });
  return page;
}

describe('Device', () => {
  it('shows the adapter, the chosen kernels with the reason, and every limit', async () => {
    await renderPage(<Device />);
    expect(textIn('Adapter')).toMatch(/^google · swiftshadersoftware/);
    expect(textIn('Adapter')).toContain('registers for small problems, subgroups for large ones');
    expect(textIn('Adapter')).toMatch(/Why these kernelsThis is a software adapter with subgroups/);
    const limits = within(screen.getByRole('group', { name: 'Limits of the adapter', hidden: true }));
    const rows = limits.getAllByRole('row', { hidden: true }).map(textOf);
    expect(rows[1]).toMatch(/^maxStorageBufferBindingSize134,217,728/);
    expect(rows[2]).toMatch(/^maxBindGroups4/);
  });

  it('waits for the adapter, and says when it was lost', async () => {
    const page = await renderPage(<Device />, { device: 'connecting' });
    expect(textIn('Adapter')).toBe('Looking for a GPU …');
    expect(button('Check this GPU').disabled).toBe(true);
    page.loseDevice('gone');
    expect(textIn('Adapter')).toBe('The GPU was lost: gone');
  });

  it('without WebGPU says why', async () => {
    await renderPage(<Device />, { obstacle: 'no-webgpu' });
    expect(screen.getByRole('region', { name: 'WebGPU is not available' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Check this GPU' })).toBeNull();
  });
});

describe('the kernels', () => {
  const kernels = {
    product: { small: 'registers', large: 'registers' },
    attention: { small: 'rows', large: 'rows' },
    chosenBy: 'remembered',
    lost: ['quads 32×64 (product large)'],
  } as const;
  async function hardware(): Promise<Page> {
    const page = await renderPage(<Device />, { device: 'connecting' });
    const { device, details } = softwareDevice;
    page.job('connect').send({
      type: 'device',
      device: { ...device, software: false },
      details: { ...details, kernels },
    });
    return page;
  }

  it('of a GPU are timed again on request, and those that lost the device are named', async () => {
    const page = await hardware();
    expect(textIn('Adapter')).toContain('at an earlier visit');
    expect(textIn('Adapter')).toContain('while they were timed: quads 32×64 (product large).');
    await page.user.click(button('Time the kernels again'));
    const job = page.job('tune');
    job.send({ type: 'tune-begin' });
    expect(textIn('Adapter')).toContain('Timing every candidate …');
    expect(button('Time the kernels again').disabled).toBe(true);
    const details = { ...softwareDevice.details, kernels: { ...kernels, chosenBy: 'timed', lost: [] } } as const;
    job.send({ type: 'tune-end', finished: true, details });
    expect(textIn('Adapter')).toContain('Done. The kernels above are used from now on.');
    expect(textIn('Adapter')).toContain('just now');
    expect(textIn('Adapter')).not.toContain('quads 32×64');
  });

  it('are not timed while the GPU is busy, and the page says why', async () => {
    const page = await hardware();
    await page.user.click(button('Time the kernels again'));
    page.job('tune').send({ type: 'failed', during: 'tune', message: 'tune: a run in training', status: 2 });
    expect(textIn('Adapter')).toContain('a run in training');
    expect(button('Time the kernels again').disabled).toBe(false);
  });

  it('of a software adapter follow from its features, without timing', async () => {
    await renderPage(<Device />);
    expect(screen.queryByRole('button', { name: 'Time the kernels again' })).toBeNull();
  });
});

describe('the self-check', () => {
  it('passes if every group is within the tolerance, and lists them', async () => {
    await checked(true);
    expect(textIn('Self-check')).toContain('This GPU passes: all 4 comparisons are within 0.001.');
    expect(textIn('Self-check')).toContain('12 GFLOP/s, probed at 256³');
    for (const model of ['RMT, encoder', 'RMT, decoder']) {
      const row = within(screen.getByRole('group', { name: `Gradients, ${model}` })).getByRole('row', { name: /^rmt/ });
      expect(textOf(row)).toBe('rmt.memory162.0e-6 ✓ pass');
    }
  });

  it('fails if one is not', async () => {
    await checked(false);
    expect(textIn('Self-check')).toContain('This GPU fails: 2 of 4 comparisons are not within 0.001.');
    expect(textIn('Self-check')).toContain('5.0e-1 ✗ fail');
  });

  it('shows its progress, and can be cancelled', async () => {
    const page = await renderPage(<Device />);
    await page.user.click(button('Check this GPU'));
    expect(textIn('Self-check')).toContain('Probing the adapter …');
    const job = page.job('check');
    job.send({ type: 'check-begin', probe, tolerance: 0.001, cases });
    job.send({ type: 'check-progress', of: cases[0], doing: 'gpu', share: 1 });
    expect(textIn('Self-check')).toContain('RMT, encoder: kernels for small problems on the GPU');
    await page.user.click(button('Cancel'));
    expect(job.controls).toEqual(['stop']);
  });

  it('gives the text for a report, to be copied by hand without a clipboard', async () => {
    const page = await checked(true);
    await page.user.click(button('Copy as text'));
    expect(await screen.findByText('Copied.')).toBeTruthy();
    const text = await navigator.clipboard.readText();
    expect(text).toMatch(/adapter {4}architecture: swiftshader/);
    expect(text).toMatch(/self-check finished: 4 of 4 groups within 0\.001/);
    const { clipboard } = navigator;
    const { writeText } = clipboard;
    clipboard.writeText = () => Promise.reject(new Error('refused'));
    try {
      await page.user.click(button('Copy as text'));
      expect((await screen.findByLabelText<HTMLTextAreaElement>('Report')).value).toBe(text);
    } finally {
      clipboard.writeText = writeText;
    }
  });
});

describe('the bench', () => {
  it('selects light shapes on a software adapter, and requests the selected ones', async () => {
    const page = await renderPage(<Device />, { address: '#/device?bench.shapes=tiny&bench.runs=1' });
    expect(field('bert-base').checked).toBe(false);
    await page.user.click(field('training step'));
    expect(field('kernel by kernel').disabled).toBe(true);
    await page.user.click(inBench().getByRole('button', { name: 'Start' }));
    expect(page.job('bench').request).toMatchObject({ shapes: ['tiny'], modes: ['forward'], runs: 1 });
    expect(page.state().experiment.bench.modes).toEqual(['forward']);
  });

  it('times each kernel if the adapter has timestamps', async () => {
    const page = await renderPage(<Device />, { device: 'connecting' });
    const { device, details } = softwareDevice;
    page.job('connect').send({ type: 'device', device: { ...device, features: ['timestamp-query'] }, details });
    await page.user.click(field('kernel by kernel'));
    await page.user.click(inBench().getByRole('button', { name: 'Start' }));
    const job = page.job('bench');
    expect(job.request).toMatchObject({ profile: true });
    const one = [{ shape: 'tiny', mode: 'forward' }] as const;
    job.send({ type: 'bench-begin', device, kernels: 'registers', probe, cases: one, leftOut: [] });
    job.send({ type: 'bench-row', row: benchRow }, { type: 'bench-end', finished: true });
    expect(textIn('Bench')).toMatch(/Finished\..*12 GFLOP\/s in a matrix product/);
    const cases = inBench().getByRole('group', { name: 'Time, rate and bytes of each case' });
    expect(textOf(within(cases).getByRole('row', { name: /^tiny/ }))).toMatch(/^tinyforward2 ms.*n = 1/);
    expect(inBench().getByRole('rowheader', { name: 'embedding_forward', hidden: true })).toBeTruthy();
  });

  it('can be stopped, keeps its results, and says what keeps the GPU busy', async () => {
    const page = await renderPage(<Device />, { address: '#/device?bench.shapes=tiny&bench.modes=forward' });
    await page.user.click(inBench().getByRole('button', { name: 'Start' }));
    const job = page.job('bench');
    const one = [{ shape: 'tiny', mode: 'forward' }] as const;
    job.send({ type: 'bench-begin', device: softwareDevice.device, kernels: 'k', probe, cases: one, leftOut: [] });
    await page.user.click(inBench().getByRole('button', { name: 'Stop' }));
    expect(job.controls).toEqual(['stop']);
    job.send({ type: 'bench-end', finished: false });
    expect(textIn('Bench')).toContain('Stopped. Results so far are kept.');
    await page.user.click(inBench().getByRole('button', { name: 'Start' }));
    page.job('bench').fail('GPU: a run in training (expected an idle GPU)');
    expect(inBench().getByRole('alert').textContent).toContain('a run in training');
  });
});
