import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { button, renderPage, textOf } from '../testing/playground.tsx';
import { NoGpu } from './NoGpu.tsx';

const said = () => textOf(screen.getByRole('region', { name: 'WebGPU is not available' }));

describe('without WebGPU', () => {
  it.each([
    ['insecure', /not secure.*https, or from localhost/],
    ['no-webgpu', /This browser has no WebGPU.*navigator\.gpu/],
  ] as const)('says what %s means, and how to turn WebGPU on', async (obstacle, text) => {
    const page = await renderPage(<NoGpu />, { obstacle });
    expect(said()).toMatch(text);
    expect(said()).toMatch(/How to turn it on.*Chrome, Edge.*Firefox.*Safari/);
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
    expect(page.hasAsked('connect')).toBe(false);
  });

  it('requests an adapter again on Try again', async () => {
    const page = await renderPage(<NoGpu />, { device: 'refused' });
    expect(said()).toMatch(/no GPU adapter was found/);
    expect(screen.getByRole('alert').textContent).toBe('adapter: none.');
    await page.user.click(button('Try again'));
    expect(page.posted.filter((each) => each.type === 'start' && each.kind === 'connect')).toHaveLength(2);
    expect(page.state().device.status).toBe('connecting');
  });

  it('shows the recorded results of the bundled models', async () => {
    await renderPage(<NoGpu />, { obstacle: 'no-webgpu' });
    expect(textOf(screen.getByRole('table'))).toBe('Detect (a, 2026)Segments1Accuracy100 %');
  });
});
