import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { document } from '../../testing/events.ts';
import { renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { usePlayground } from '../playground.tsx';
import { FourPanels } from './FourPanels.tsx';

function OnShow() {
  const log = usePlayground(({ stream }) => stream.log);
  return log && <FourPanels log={log} />;
}

const name = 'Write, hold, read';
const panels = () => screen.getAllByRole('figure', { name: /^\d · / });

/** The attention of a segment: one layer, one head, eight positions with uniform weights. */
const attention = () => new Float32Array(64).fill(1 / 8);

async function read() {
  const page = await renderPage(<OnShow />);
  await page.change(({ stream }) => stream.start());
  const events = document(8);
  page.job('stream').send(...events.slice(0, -1));
  return { page, end: () => page.job('stream').send(...events.slice(-1)) };
}

describe('the figure of writing, holding and reading', () => {
  it('waits for the end of the document', async () => {
    const { page, end } = await read();
    expect(textIn(name)).toContain('The figure appears once the document has been read to its end.');
    expect(page.hasAsked('look')).toBe(false);
    end();
    expect(textIn(name)).toContain('Reading these segments again');
    const { request } = await page.asked('look');
    // The segment with the fact, and its incoming memory.
    expect(request.at.map(({ index }) => index)).toContain(1);
    expect(request.at.every(({ index, memory }) => index === 0 || memory instanceof Float32Array)).toBe(true);
  });

  it('draws each segment as its attention arrives, and describes it', async () => {
    const { page, end } = await read();
    end();
    const job = await page.asked('look');
    job.send({ type: 'look-begin' });
    for (const { index } of job.request.at) job.send({ type: 'look-segment', index, attention: attention() });
    job.send({ type: 'look-end' });
    expect(textIn(name)).toContain('The figure is drawn.');
    for (const panel of panels()) expect(panel.querySelector('canvas'), textOf(panel)).not.toBeNull();
    const [first] = panels();
    expect(textOf(first ?? null)).toMatch(/^1 · Write.*Segment 2, with fact.*In layer 1, head 1, the memory gives/);
  });

  it('shows another segment on request, and refuses one that is not kept', async () => {
    const { page, end } = await read();
    end();
    (await page.asked('look')).send({ type: 'look-begin' }, { type: 'look-end' });
    const first = within(panels()[0] ?? globalThis.document.body);
    const segment = first.getByLabelText('Segment');
    await page.user.clear(segment);
    await page.user.type(segment, '4');
    await expect.poll(() => page.job('look').request.at.map(({ index }) => index)).toContain(3);
    expect(textOf(panels()[0] ?? null)).toContain('Segment 4, noise');
    await page.user.type(segment, '4');
    expect(first.getByRole('alert').textContent).toContain('44');
  });

  it('shows what failed', async () => {
    const { page, end } = await read();
    end();
    (await page.asked('look')).fail('all attention of a segment: 65 MiB (expected at most 64 MiB)');
    expect(screen.getByRole('alert').textContent).toContain('65 MiB');
  });
});
