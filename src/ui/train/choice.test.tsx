import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Choice } from './Choice.tsx';

const name = 'What to train';

describe('the choice of model and task', () => {
  it('describes the model, the task and the preset chosen', async () => {
    const { user, state } = await renderPage(<Choice />);
    await user.selectOptions(field('Preset'), 'copy');
    expect(state().experiment.config).toMatchObject({ task: 'copy', model: 'rmt-gpt2' });
    expect(field('Model').value).toBe('rmt-gpt2');
    expect(field('Task').value).toBe('copy');
    await user.selectOptions(field('Model'), 'armt-gpt2');
    expect(textOf(globalThis.document.body)).toMatch(/ARMT/);
  });

  it('says that an encoder cannot answer with a text, and offers the decoder', async () => {
    const { user, state } = await renderPage(<Choice />);
    await user.selectOptions(field('Task'), 'copy');
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('RMT, encoder answers with a class, but Copy needs a text as the answer');
    expect(within(field('Model')).getByRole('option', { name: /Transformer, encoder/ }).textContent).toContain(
      'not for Copy',
    );
    expect(within(field('Task')).getByRole('option', { name: /^Reverse/ }).textContent).toContain('needs a decoder');
    await user.click(within(alert).getByRole('button', { name: /Use RMT, decoder/ }));
    expect(screen.queryByRole('alert')).toBeNull();
    expect(state().experiment.config.model).toBe('rmt-gpt2');
  });

  it('counts what differs from the preset, and goes back to it', async () => {
    const { user, state } = await renderPage(<Choice />, { address: '#/train?preset=tiny&batch_size=8&seed=3' });
    expect(textIn(name)).toContain('2 values differ from the preset');
    await user.click(button('Reset'));
    expect(textIn(name)).not.toContain('differ');
    expect(state().experiment.config.batch_size).not.toBe(8);
  });

  it('offers small defaults for a pair whose settings come from another task', async () => {
    const { user, state } = await renderPage(<Choice />);
    await user.selectOptions(field('Model'), 'armt-gpt2');
    await user.selectOptions(field('Task'), 'reverse');
    await user.click(button('Use small defaults for ARMT, decoder on Reverse'));
    expect(state().experiment).toMatchObject({ preset: 'reverse', config: { model: 'armt-gpt2', task: 'reverse' } });
    expect(screen.queryByRole('button', { name: /Use small defaults/ })).toBeNull();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says what is wrong with the combination of values', async () => {
    const { user } = await renderPage(<Choice />);
    await user.selectOptions(field('Task'), 'reasoning');
    expect(screen.getByRole('alert').textContent).toContain('segment_size');
  });
});
