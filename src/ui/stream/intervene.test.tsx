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
  const change = () => page.user.click(button('Apply'));
  return { ...page, change, changes: () => page.state().experiment.stream.changes };
}
const inForce = () => within(screen.getByRole('list', { name: 'Active interventions' })).getAllByRole('listitem');

describe('interventions', () => {
  it('change the memory after the current segment, and are listed and removed', async () => {
    const { user, change, changes, change: _, ...page } = await read();
    await page.state().stream.jump(2);
    expect(await screen.findByDisplayValue('3')).toBe(field('After segment'));
    await change();
    expect(changes()).toEqual([{ kind: 'zero', segment: 2 }]);
    expect(inForce().map(textOf)).toEqual([expect.stringContaining('After segment 3: the memory set to zero')]);
    await user.click(button(/^Remove: After segment 3/));
    expect(changes()).toEqual([]);
    expect(screen.queryByRole('list', { name: 'Active interventions' })).toBeNull();
  });

  it('have fields for what each kind needs', async () => {
    const { user, change, changes } = await read();
    await user.selectOptions(field('Kind'), 'freeze');
    await user.clear(field('From segment'));
    await user.type(field('From segment'), '4');
    await user.clear(field('For segments'));
    await user.type(field('For segments'), '2');
    await change();
    await user.selectOptions(field('Kind'), 'swap');
    await user.clear(field('Document seed'));
    await user.type(field('Document seed'), '7');
    await change();
    await user.selectOptions(field('Kind'), 'shuffle');
    expect(field('Order seed').value).toBe('7');
    await change();
    expect(changes()).toEqual([
      { kind: 'freeze', segment: 3, length: 2 },
      { kind: 'swap', segment: 3, seed: 7 },
      { kind: 'shuffle', segment: 3, seed: 7 },
    ]);
    await user.click(button('Remove all'));
    expect(changes()).toBeUndefined();
  });

  it('apply to single memory tokens, and refuse an empty choice and a shuffle of one', async () => {
    const { user, change, changes } = await read();
    await user.click(field('2'));
    await change();
    expect(changes()).toEqual([{ kind: 'zero', segment: 6, tokens: [0] }]);
    await user.selectOptions(field('Kind'), 'shuffle');
    expect(screen.getByRole('alert').textContent).toBe('Choose at least two memory tokens to shuffle.');
    expect(button('Apply').disabled).toBe(true);
    await user.selectOptions(field('Kind'), 'zero');
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
    expect(textIn('Intervene on memory')).toContain('need a document of at least two segments');
    expect(button('Apply').disabled).toBe(true);
  });

  it('have nothing to change in a model without memory', async () => {
    const model = { ...placeModel, memTokens: 0, looks: {} };
    await read([streamBegin(2, { model }), streamSegment(0, { memory: new Float32Array(0) })]);
    expect(textIn('Intervene on memory')).toContain('there is no memory to change');
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('change a cache as a whole, without an order to shuffle', async () => {
    const model = { ...placeModel, kind: 'Transformer-XL', memTokens: 0, cacheSize: 4 };
    await read([streamBegin(2, { model }), streamSegment(0)]);
    expect(textIn('Intervene on memory')).toContain('cannot be shuffled');
    expect(within(field('Kind')).queryByRole('option', { name: /huffle/ })).toBeNull();
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
    expect(textIn('Intervene on memory')).toContain('compared here once the document has been read');
    job('stream').send(streamEnd({ answer: 'garden', untouched: { answer: 'kitchen' } }));
    const rows = within(screen.getByRole('table', { name: 'Answers with and without intervention' })).getAllByRole(
      'row',
    );
    expect(rows.map(textOf)).toEqual([
      'RunAnswerp of kitchen',
      'Without intervention✓ kitchen100 %',
      'With intervention✗ garden (wrong)50 %',
    ]);
    expect(textIn('Intervene on memory')).toContain(
      'The answer in document 7 is garden: with its memory, this document gets the answer of the other one.',
    );
    await user.click(button('Stream the other document with this memory'));
    expect(changes()).toEqual([{ kind: 'swap', segment: 0, seed: 5 }]);
  });
});
