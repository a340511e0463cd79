import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Train } from './Train.tsx';

const configuration = () => screen.getByRole('form', { name: 'Configuration' });
const labels = () => [...configuration().querySelectorAll('label')].map(textOf);

describe('Train', () => {
  it('shows the knobs that apply, and hides the others', async () => {
    const { user } = await renderPage(<Train />);
    expect(labels()).toContain('Batch size');
    expect(labels()).not.toContain('Cache length');
    await user.selectOptions(field('Preset'), 'copy');
    await user.selectOptions(field('Model'), 'transformer-xl');
    expect(labels()).toContain('Cache length');
    expect(labels()).toContain('Different symbols');
  });

  it('accepts valid input, and refuses invalid input in words', async () => {
    const { user, state } = await renderPage(<Train />, { address: '#/train?preset=tiny' });
    await user.clear(field('Batch size'));
    expect(within(configuration()).getByRole('alert').textContent).toContain('Enter a whole number');
    await user.type(field('Batch size'), '12');
    expect(state().experiment.config.batch_size).toBe(12);
    expect(within(configuration()).queryByRole('alert')).toBeNull();
    await user.clear(field('Curriculum'));
    await user.type(field('Curriculum'), '1,3');
    expect(state().experiment.config.stages).toEqual([1, 3]);
  });

  it('explains every knob, with its source', async () => {
    await renderPage(<Train />);
    for (const control of configuration().querySelectorAll('input:not([type=file]), select')) {
      const help = control.getAttribute('aria-describedby')?.split(' ') ?? [];
      const text = help.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
      expect(text, textOf(control.parentElement)).toMatch(/.{20,}Source: /);
    }
  });

  it('accepts a noise text, and says what is wrong with an invalid one', async () => {
    const { user, state } = await renderPage(<Train />);
    const input = () => configuration().querySelector('input[type=file]') as HTMLInputElement;
    expect(textOf(configuration())).toContain('Noise built-in sentences');
    await user.upload(input(), new File(['Zebras wander far away. '], 'zebra.txt', { type: 'text/plain' }));
    expect(await screen.findByText(/zebra\.txt \(24 characters\)/)).toBeTruthy();
    await user.upload(input(), new File([Uint8Array.of(0x61, 0xe9, 0x20)], 'latin1.txt', { type: 'text/plain' }));
    expect((await within(configuration()).findByRole('alert')).textContent).toContain(
      'latin1.txt: not UTF-8 at byte 1.',
    );
    expect(state().materials.given.noise?.name).toBe('zebra.txt');
    await user.click(button('Use built-in'));
    expect(state().materials.given.noise).toBeUndefined();
  });

  it('asks for both files of a task that takes two', async () => {
    const { user } = await renderPage(<Train />);
    await user.selectOptions(field('Task'), 'documents');
    const inputs = configuration().querySelectorAll<HTMLInputElement>('input[type=file]');
    expect(inputs).toHaveLength(2);
    await user.upload(inputs[0] as HTMLInputElement, new File(['<a/>'], 'articles.xml', { type: 'text/xml' }));
    expect(textOf(configuration())).toContain('Articles and labels belong together');
  });

  it('without WebGPU says so, and keeps the settings available', async () => {
    await renderPage(<Train />, { obstacle: 'no-webgpu' });
    expect(textIn('WebGPU is not available')).toContain('Chrome');
    expect(button('Start').disabled).toBe(true);
    expect(field('Batch size').disabled).toBe(false);
  });
});
