import { act, screen } from '@testing-library/react';
import { describe, expect, it, onTestFinished } from 'vitest';
import { beNarrow } from '../../testing/browser-stubs.ts';
import { document } from '../../testing/events.ts';
import { field, renderPage } from '../../testing/playground.tsx';
import { App } from '../App.tsx';
import { Stream } from '../views/Stream.tsx';

describe('a narrow window', () => {
  it('folds the controls of Stream away, but not those of playback', async () => {
    beNarrow(true);
    onTestFinished(() => beNarrow(false));
    const page = await renderPage(<Stream />);
    (await page.asked('stream')).send(...document(4));
    const folded = (element: HTMLElement) => element.closest('details')?.querySelector('summary')?.textContent;
    expect(folded(field('Model'))).toBe('Model and document');
    expect(folded(field('Speed'))).toBe('Model and document');
    expect(folded(screen.getByRole('button', { name: /^Play again/ }))).toBeUndefined();
    act(() => beNarrow(false));
    expect(folded(field('Speed'))).toBeUndefined();
  });

  it('has a menu of views', async () => {
    const page = await renderPage(<App />);
    const menu = field('View');
    expect([...menu.querySelectorAll('option')].map(({ textContent }) => textContent)).toEqual(
      screen.getAllByRole('tab').map(({ textContent }) => textContent),
    );
    await page.user.selectOptions(menu, 'Runs');
    expect(await screen.findByRole('heading', { level: 1, name: 'Your runs' })).toBeTruthy();
    expect(page.state().experiment.view).toBe('runs');
  });
});
