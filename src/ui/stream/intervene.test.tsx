import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { document, placeModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { usePlayground } from '../playground.tsx';
import { Intervene } from './Intervene.tsx';

function OnShow() {
  const { log, current } = usePlayground(({ stream }) => stream);
  return log && <Intervene log={log} current={current} />;
}

async function read(events = document(8), address = '') {
  const page = await renderPage(<OnShow />, { address });
  await page.change(({ stream }) => stream.start());
  page.job('stream').send(...events);
  const change = () => page.user.click(button('Change the memory'));
  return { ...page, change, changes: () => page.state().experiment.stream.changes };
}
const inForce = () => within(screen.getByRole('list', { name: 'Interventions in force' })).getAllByRole('listitem');

describe('interventions', () => {
  it('change the memory after the current segment, and are listed and undone', async () => {
    const { user, change, changes, change: _, ...page } = await read();
    await page.state().stream.jump(2);
    expect(await screen.findByDisplayValue('3')).toBe(field('After segment'));
    await change();
    expect(changes()).toEqual([{ kind: 'zero', segment: 2 }]);
    expect(inForce().map(textOf)).toEqual([expect.stringContaining('After segment 3: the memory set to zero')]);
    await user.click(button(/^Undo: After segment 3/));
    expect(changes()).toEqual([]);
    expect(screen.queryByRole('list', { name: 'Interventions in force' })).toBeNull();
  });

  it('have fields for what each kind needs', async () => {
    const { user, change, changes } = await read();
    await user.selectOptions(field('What to do'), 'freeze');
    await user.clear(field('From segment'));
    await user.type(field('From segment'), '4');
    await user.clear(field('For segments'));
    await user.type(field('For segments'), '2');
    await change();
    await user.selectOptions(field('What to do'), 'swap');
    await user.clear(field('Other document’s seed'));
    await user.type(field('Other document’s seed'), '7');
    await change();
    await user.selectOptions(field('What to do'), 'shuffle');
    expect(field('Seed of the order').value).toBe('7');
    await change();
    expect(changes()).toEqual([
      { kind: 'freeze', segment: 3, length: 2 },
      { kind: 'swap', segment: 3, seed: 7 },
      { kind: 'shuffle', segment: 3, seed: 7 },
    ]);
    await user.click(button('Undo all'));
    expect(changes()).toBeUndefined();
  });

  it('apply to single memory tokens, and refuse an empty choice and a shuffle of one', async () => {
    const { user, change, changes } = await read();
    await user.click(field('2'));
    await change();
    expect(changes()).toEqual([{ kind: 'zero', segment: 6, tokens: [0] }]);
    await user.selectOptions(field('What to do'), 'shuffle');
    expect(screen.getByRole('alert').textContent).toBe('At least two memory tokens can change places.');
    expect(button('Change the memory').disabled).toBe(true);
    await user.selectOptions(field('What to do'), 'zero');
    await user.click(field('1'));
    expect(screen.getByRole('alert').textContent).toBe('Choose at least one memory token.');
  });

  it('are not offered after the last segment, whose memory is never used', async () => {
    await read();
    // The eighth of eight is the current one.
    expect(field('After segment').value).toBe('7');
  });

  it('need two segments', async () => {
    await read(document(1));
    expect(textIn('Intervene on memory')).toContain('a document of two segments or more is needed');
    expect(button('Change the memory').disabled).toBe(true);
  });

  it('have nothing to change in a model without memory', async () => {
    const model = { ...placeModel, memTokens: 0, looks: {} };
    await read([streamBegin(2, { model }), streamSegment(0, { memory: new Float32Array(0) })]);
    expect(textIn('Intervene on memory')).toContain('there is nothing to change');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('change a cache as a whole, without an order to shuffle', async () => {
    const model = { ...placeModel, kind: 'Transformer-XL', memTokens: 0, cacheSize: 4 };
    await read([streamBegin(2, { model }), streamSegment(0)]);
    expect(textIn('Intervene on memory')).toContain('no order to shuffle');
    expect(within(field('What to do')).queryByRole('option', { name: /huffle/ })).toBeNull();
  });

  it('compare the answers before and after', async () => {
    const untouched = { probabilities: Float32Array.of(0, 0, 0, 0, 0, 1) };
    const { user, job, changes } = await read(
      [
        streamBegin(2, { others: [{ seed: 7, expected: 'garden' }] }),
        streamSegment(0, { interventions: [{ kind: 'swap', segment: 0, seed: 7 }], untouched }),
        streamSegment(1, { untouched }),
      ],
      '#/stream?stream.seed=5&stream.changes=swap@1s7',
    );
    expect(textIn('Intervene on memory')).toContain('compared here when the document has been read');
    job('stream').send(streamEnd({ answer: 'garden', untouched: { answer: 'kitchen' } }));
    const rows = within(screen.getByRole('table', { name: 'Answers before and after' })).getAllByRole('row');
    expect(rows.map(textOf)).toEqual([
      'RunAnswerp of kitchen',
      'Memory left alone✓ kitchen100 %',
      'Memory changed✗ garden (wrong)50 %',
    ]);
    expect(textIn('Intervene on memory')).toContain(
      'The document of seed 7 expects garden: with its memory, this one answers what that one would.',
    );
    await user.click(button('See the other document with this one’s memory'));
    expect(changes()).toEqual([{ kind: 'swap', segment: 0, seed: 5 }]);
  });
});
