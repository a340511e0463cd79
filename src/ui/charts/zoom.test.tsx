import { screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { button, field, renderPage, textOf } from '../../testing/playground.tsx';
import { AxisTools } from './AxisTools.tsx';
import { inStretch, useZoom } from './zoom.tsx';

const points = [1, 2, 3, 4, 5].map((x) => ({ x }));

describe('zoom', () => {
  it('keeps the points of a stretch and the next ones on either side', () => {
    expect(inStretch(points, undefined)).toBe(points);
    expect(inStretch(points, { from: 2.5, to: 3.5 }).map(({ x }) => x)).toEqual([2, 3, 4]);
    expect(inStretch(points, { from: 0, to: 1 }).map(({ x }) => x)).toEqual([1, 2]);
  });

  /** A chart that says what it shows, with a strip to drag on. */
  function Chart() {
    const zoom = useZoom();
    const [steps, setSteps] = useState(1);
    const [isLog, setLog] = useState(false);
    const at = (activeLabel: number) => ({ activeLabel });
    return (
      <>
        <output>
          {zoom.stretch ? `${zoom.stretch.from} to ${zoom.stretch.to}` : 'all'}, {steps}, {String(isLog)}
        </output>
        <button type="button" onClick={() => zoom.handlers.onMouseDown(at(80))}>
          press
        </button>
        <button type="button" onClick={() => zoom.handlers.onMouseMove(at(30))}>
          drag
        </button>
        <button type="button" onClick={zoom.handlers.onMouseUp}>
          release
        </button>
        <AxisTools
          by="training step"
          whole={{ from: 0, to: 100 }}
          zoom={zoom}
          smoothing={{ steps, set: setSteps }}
          switches={[{ label: 'logarithmic loss', on: isLog, set: setLog }]}
        />
      </>
    );
  }
  const shown = () => textOf(screen.getByRole('status'));

  it('follows a drag in either direction, and is reset', async () => {
    const page = await renderPage(<Chart />);
    await page.user.click(button('press'));
    await page.user.click(button('drag'));
    expect(shown()).toBe('all, 1, false');
    await page.user.click(button('release'));
    expect(shown()).toBe('30 to 80, 1, false');
    await page.user.click(button('Reset zoom'));
    expect(shown()).toBe('all, 1, false');
    // A click is no drag.
    await page.user.click(button('press'));
    await page.user.click(button('release'));
    expect(shown()).toBe('all, 1, false');
  });

  it('can be typed, and refuses an end before the beginning', async () => {
    const page = await renderPage(<Chart />);
    await page.user.click(screen.getByText('Axes and smoothing'));
    await page.user.clear(field('From'));
    await page.user.type(field('From'), '40');
    expect(shown()).toContain('40 to 100');
    await page.user.clear(field('To'));
    await page.user.type(field('To'), '20');
    expect(screen.getByRole('alert').textContent).toContain('the beginning before the end');
    expect(shown()).toContain('40 to 100');
    await page.user.selectOptions(field('Smoothing'), 'over 20 steps');
    await page.user.click(field('logarithmic loss'));
    expect(shown()).toBe('40 to 100, 20, true');
  });
});
