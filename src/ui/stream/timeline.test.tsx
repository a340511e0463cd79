import { fireEvent, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { StreamLog } from '../../store/slices/stream-log.ts';
import { textsOn } from '../../testing/browser-stubs.ts';
import { placeModel, streamSegment } from '../../testing/events.ts';
import { renderPage } from '../../testing/playground.tsx';
import { Timeline } from './Timeline.tsx';

/** Ten segments of twelve read: a fact in the third, the question in the ninth; the memory changed after the fifth. */
function logged() {
  const log = new StreamLog(placeModel, 12, 'kitchen');
  for (let i = 0; i < 10; i++)
    log.add(
      streamSegment(i, {
        ...(i === 2 ? { marks: [{ kind: 'fact', start: 0, end: 2 }] } : {}),
        ...(i === 8 ? { marks: [{ kind: 'question', start: 0, end: 2 }] } : {}),
        ...(i === 4 ? { interventions: [{ kind: 'zero', segment: 4 }] } : {}),
      }),
    );
  return log;
}

async function shown(current: number) {
  const jumps: number[] = [];
  await renderPage(<Timeline log={logged()} seen={10} current={current} onJump={(segment) => jumps.push(segment)} />);
  return { jumps, slider: screen.getByRole('slider') };
}

describe('the timeline', () => {
  it('is a slider over the segments read', async () => {
    const { slider } = await shown(2);
    expect(slider.getAttribute('aria-valuemin')).toBe('1');
    expect(slider.getAttribute('aria-valuemax')).toBe('10');
    expect(slider.getAttribute('aria-valuenow')).toBe('3');
    expect(slider.getAttribute('aria-valuetext')).toMatch(/^segment 3 of 12, fact/);
  });

  it('names the interventions on the segment’s memory', async () => {
    const { slider } = await shown(4);
    expect(slider.getAttribute('aria-valuetext')).toMatch(/zero/);
  });

  it.each([
    ['{ArrowLeft}', 4],
    ['{ArrowRight}', 6],
    ['{ArrowDown}', 4],
    ['{ArrowUp}', 6],
    ['{Home}', 0],
    ['{End}', 9],
    ['{PageUp}', 2],
    ['{PageDown}', 8],
  ])('moves by %s', async (key, to) => {
    const { jumps, slider } = await shown(5);
    slider.focus();
    await userEvent.keyboard(key);
    expect(jumps).toEqual([to]);
  });

  it('moves to the ends if nothing more is marked, and ignores other keys', async () => {
    const { jumps, slider } = await shown(9);
    slider.focus();
    await userEvent.keyboard('{PageDown}x');
    expect(jumps).toEqual([9]);
  });

  it('moves to where it is pressed', async () => {
    const { jumps, slider } = await shown(0);
    const canvas = slider.querySelector('canvas');
    if (!canvas) throw new Error('no canvas');
    canvas.setPointerCapture = () => {};
    // 800 px wide, with 30 px on both sides: the middle is the border of the sixth and the seventh.
    fireEvent.pointerDown(canvas, { clientX: 401 });
    fireEvent.pointerMove(canvas, { clientX: 31, buttons: 1 });
    fireEvent.pointerMove(canvas, { clientX: 500, buttons: 0 });
    expect(jumps).toEqual([6, 0]);
  });

  it('labels the marks, the segment numbers and the scale', async () => {
    const { slider } = await shown(0);
    const canvas = slider.querySelector('canvas');
    const texts = canvas ? textsOn(canvas) : [];
    for (const text of ['fact', 'question', '1', '10', '0.5']) expect(texts).toContain(text);
  });
});
