import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { insideSections } from '../../store/inside-settings.ts';
import { document } from '../../testing/events.ts';
import { button, field, renderPage, textIn } from '../../testing/playground.tsx';
import { Inside } from './Inside.tsx';

describe('Inside', () => {
  it('reads the document of Stream at one press, and shows the segment selected there', async () => {
    const page = await renderPage(<Inside />, { address: '#/inside?stream.segments=3' });
    expect(textIn('Document')).toContain('No document has been read yet. The model “Detect” can read one now.');
    expect(screen.queryByRole('tablist', { name: 'Sections' })).toBeNull();
    await page.user.click(button('Read the document'));
    const stream = await page.asked('stream');
    expect(stream.request.segments).toBe(3);
    expect(textIn('Document')).toContain('Preparing');
    stream.send(...document(3));
    expect(screen.queryByRole('region', { name: 'Document' })).toBeNull();
    expect(field('Segment of 3').value).toBe('3');
    await page.user.click(button('fact in 2'));
    expect(page.state().stream.current).toBe(1);
    await page.user.click(button('← Previous'));
    expect(page.state().stream.current).toBe(0);
    await page.change(({ experiment }) => experiment.setStream({ seed: 5 }));
    expect(textIn('Document')).toContain('The settings of Stream have changed');
  });

  it('opens each section by its tab, by the keyboard and by the address', async () => {
    const page = await renderPage(<Inside />, { address: `#/inside?inside.section=${insideSections.at(-1)}` });
    await page.change(({ stream }) => stream.start());
    (await page.asked('stream')).send(...document(2));
    const tabs = within(screen.getByRole('tablist', { name: 'Sections' })).getAllByRole('tab');
    expect(tabs).toHaveLength(insideSections.length);
    expect(tabs.at(-1)?.getAttribute('aria-selected')).toBe('true');
    tabs.at(-1)?.focus();
    await page.user.keyboard('{Home}');
    expect(page.state().experiment.inside.section).toBe(insideSections[0]);
    expect(screen.getByRole('tabpanel').getAttribute('aria-labelledby')).toBe(globalThis.document.activeElement?.id);
  });
});
