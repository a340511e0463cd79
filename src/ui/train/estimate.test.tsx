import { screen, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { RunEstimate } from '../../protocol/index.ts';
import { renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Estimate } from './Estimate.tsx';

const estimate = (more: Partial<RunEstimate> = {}): RunEstimate & { readonly type: 'estimate' } => ({
  type: 'estimate',
  parameters: 12_345,
  bytes: {
    weights: 1000,
    gradients: 1000,
    optimiser: 2000,
    activations: 3000,
    validation: 500,
    checkpoint: 500,
    total: 8000,
  },
  steps: 200,
  tokens: 64_000,
  milliseconds: 60_000,
  speed: undefined,
  obstacle: undefined,
  ...more,
});

describe('the estimate', () => {
  it('shows the cost of a run before it starts, and where the figures come from', async () => {
    const page = await renderPage(<Estimate />, { address: '#/train?preset=tiny' });
    const job = await page.asked('estimate');
    expect(screen.getByText('Estimating the cost …')).toBeTruthy();
    job.send(estimate());
    expect(textIn('Estimate')).toMatch(/Estimated cost.*Parameters12\.3 k.*GPU memory8 kB.*200 · 64 k.*about 1 min/);
    const total = within(screen.getByRole('table')).getByRole('row', { name: /Total/ });
    expect(textOf(total)).toBe('Total8,000 B');
    expect(textIn('Estimate')).toContain('a rough estimate from the matrix products');
  });

  it('follows the knobs once they stop changing, and drops the answer for earlier values', async () => {
    const page = await renderPage(<Estimate />, { address: '#/train?preset=tiny' });
    const first = await page.asked('estimate');
    await page.change(({ experiment }) => experiment.setKnob('batch_size', 32));
    await expect.poll(() => page.job('estimate').request).toMatchObject({ config: { batch_size: 32 } });
    first.send(estimate({ parameters: 1 }));
    expect(screen.queryByRole('region', { name: 'Estimate' })).toBeNull();
    page.job('estimate').send(estimate());
    expect(textIn('Estimate')).toContain('12.3 k');
  });

  it('says what does not fit on the adapter', async () => {
    const page = await renderPage(<Estimate />);
    const obstacle = 'weights: needs 9,000 bytes (expected at most 8,000: choose fewer layers)';
    (await page.asked('estimate')).send(estimate({ obstacle }));
    expect(screen.getByRole('alert').textContent).toBe(
      'This run does not fit on this GPU. There is a problem with weights: needs 9,000 bytes. It needs at most 8,000: choose fewer layers.',
    );
  });

  it('gives no time while the GPU is busy', async () => {
    const page = await renderPage(<Estimate />);
    (await page.asked('estimate')).send(estimate({ milliseconds: undefined }));
    expect(textIn('Estimate')).toMatch(/Time, estimated–.*The GPU is busy\./);
  });

  it('says why there is no estimate', async () => {
    const page = await renderPage(<Estimate />);
    (await page.asked('estimate')).fail('adapter: lost');
    expect(textOf(screen.getByRole('status'))).toBe(
      'The cost of this run could not be estimated. adapter: lost. You can start it anyway.',
    );
  });

  it('is not requested without a GPU', async () => {
    vi.useFakeTimers();
    const page = await renderPage(<Estimate />, { device: 'connecting' });
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(page.hasAsked('estimate')).toBe(false);
  });
});
