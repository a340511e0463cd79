import { act, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StreamLog } from '../../store/slices/stream-log.ts';
import { textsOn, wantMotion } from '../../testing/browser-stubs.ts';
import { placeModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { button, renderPage } from '../../testing/playground.tsx';
import { Stream } from '../views/Stream.tsx';
import { Ribbon } from './Ribbon.tsx';

const fact = ['mary', 'moved', 'to', 'the', 'office', '.'];

/** Ten segments of twelve read: a fact in the third, the question in the ninth; the memory changed after the fifth. */
function logged(total = 12) {
  const log = new StreamLog(placeModel, total, 'kitchen');
  for (let i = 0; i < 10; i++)
    log.add(
      streamSegment(i, {
        ...(i === 2 ? { words: fact, marks: [{ kind: 'fact', start: 0, end: 6 }] } : {}),
        ...(i === 8 ? { words: ['where', 'is', 'mary', '?'], marks: [{ kind: 'question', start: 0, end: 4 }] } : {}),
        ...(i === 4 ? { interventions: [{ kind: 'zero', segment: 4 }] } : {}),
      }),
    );
  return log;
}

async function shown(current: number, address?: string) {
  const jumps: number[] = [];
  const page = await renderPage(
    <Ribbon log={logged()} seen={10} current={current} onJump={(segment) => jumps.push(segment)} />,
    address === undefined ? {} : { address },
  );
  const slider = screen.getByRole('slider');
  const canvas = slider.querySelector('canvas') ?? expect.fail('no canvas');
  canvas.setPointerCapture = () => {};
  // Drawn in the next frame.
  await vi.waitFor(() => expect(textsOn(canvas).length).toBeGreaterThan(0));
  return { ...page, jumps, slider, canvas };
}

afterEach(() => {
  vi.restoreAllMocks();
  wantMotion(false);
});

describe('the ribbon', () => {
  it('is a slider over the segments read, which says what each does and what the model would answer', async () => {
    const { slider } = await shown(4);
    expect(slider.getAttribute('aria-valuemax')).toBe('10');
    expect(slider.getAttribute('aria-valuenow')).toBe('5');
    expect(slider.getAttribute('aria-valuetext')).toMatch(/^segment 5 of 12, .*zeroed, if asked now: kitchen 50/);
    expect(screen.getByText(/^The most probable answer, after segments 1 to 10: kitchen\.$/)).toBeTruthy();
  });

  it.each([
    ['{ArrowLeft}', 4],
    ['{ArrowRight}', 6],
    ['{Home}', 0],
    ['{End}', 9],
    ['{PageUp}', 2],
    ['{PageDown}', 8],
  ])('moves by %s', async (key, to) => {
    const { jumps, slider, user } = await shown(5);
    slider.focus();
    await user.keyboard(`${key}x`);
    expect(jumps).toEqual([to]);
  });

  it('shows the fact, the question, the answer, and the segment numbers', async () => {
    const { canvas } = await shown(0);
    const texts = textsOn(canvas);
    for (const text of ['▼ mary moved to the office.', '◆ where is mary?', '1', '10', 'kitchen', '✕'])
      expect(texts).toContain(text);
  });

  it('moves to where it is pressed and dragged', async () => {
    const { jumps, canvas } = await shown(0);
    // 800 px wide: 12 segments between 10 and 662.
    fireEvent.pointerDown(canvas, { clientX: 37, clientY: 300 });
    fireEvent.pointerMove(canvas, { clientX: 200, clientY: 300, buttons: 1 });
    fireEvent.pointerUp(canvas, { clientX: 200, clientY: 300 });
    fireEvent.pointerMove(canvas, { clientX: 500, clientY: 300, buttons: 0 });
    expect(jumps).toEqual([0, 3]);
  });

  it('changes the memory where it is pressed between two segments', async () => {
    const { canvas, user, state } = await shown(0);
    const x = 10 + (3 * 652) / 12;
    fireEvent.pointerDown(canvas, { clientX: x, clientY: 180 });
    fireEvent.pointerUp(canvas, { clientX: x, clientY: 180 });
    const menu = within(screen.getByRole('dialog', { name: 'Memory after segment 3' }));
    expect(menu.getByRole('button', { name: 'Cut thread 1' })).toBeTruthy();
    await user.click(menu.getByRole('button', { name: 'Cut thread 1' }));
    expect(state().experiment.stream.changes).toEqual([{ kind: 'zero', segment: 2, tokens: [0] }]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('changes the memory by keyboard, and takes it back', async () => {
    const { slider, user, state } = await shown(5);
    slider.focus();
    await user.keyboard('{Enter}');
    await user.click(screen.getByRole('button', { name: '❄ Freeze' }));
    expect(state().experiment.stream.changes).toEqual([{ kind: 'freeze', segment: 5, length: 1 }]);
    expect(document.activeElement).toBe(slider);
    await user.keyboard('{Enter}');
    await user.click(screen.getByRole('button', { name: /^Undo/ }));
    expect(state().experiment.stream.changes).toEqual([]);
    await user.click(button(/^✂ Change the memory/));
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('replaces a word of the fact, and drags the fact to another segment', async () => {
    const { canvas, user, state } = await shown(0);
    const label = { clientX: 100, clientY: 14 };
    fireEvent.pointerDown(canvas, label);
    fireEvent.pointerUp(canvas, label);
    await user.selectOptions(screen.getByLabelText(/^Replace “mary” by/), 'john');
    expect(state().experiment.stream).toMatchObject({
      facts: [{ text: 'john moved to the office.', segment: 2 }],
      question: 'where is john?',
    });
    fireEvent.pointerDown(canvas, label);
    fireEvent.pointerMove(canvas, { clientX: 400, clientY: 14, buttons: 1 });
    fireEvent.pointerUp(canvas, { clientX: 400, clientY: 14 });
    expect(state().experiment.stream.facts).toEqual([{ text: 'john moved to the office.', segment: 7 }]);
  });

  it('plays the document, and gives its end away only at its end', async () => {
    wantMotion(true);
    const frames: FrameRequestCallback[] = [];
    vi.spyOn(globalThis, 'requestAnimationFrame').mockImplementation((frame) => frames.push(frame));
    const page = await renderPage(<Stream />);
    const job = await page.asked('stream');
    const text = { words: fact, marks: [{ kind: 'fact' as const, start: 0, end: 6 }] };
    const opening = [text, ...Array.from({ length: 7 }, () => ({ words: ['john', 'went'], marks: [] }))];
    job.send({ type: 'stream-document', model: placeModel, segments: 8, expected: 'kitchen', opening });
    const canvas = () =>
      screen.getByRole('slider', { name: /^Current/ }).querySelector('canvas') ?? expect.fail('no canvas');
    let now = performance.now();
    const play = (milliseconds: number) =>
      act(() => {
        for (const end = now + milliseconds; now < end; ) {
          now += 16;
          for (const frame of frames.splice(0)) frame(now);
        }
      });
    play(32);
    // The words stand there before the GPU is ready.
    expect(textsOn(canvas())).toContain('office');
    expect(screen.getByText('Preparing the GPU and the model …')).toBeTruthy();

    job.send(streamBegin(8), ...Array.from({ length: 8 }, (_, i) => streamSegment(i)), streamEnd());
    const heading = () => screen.getByRole('heading', { name: /^Segment \d of 8$/ }).textContent;
    expect(heading()).toBe('Segment 1 of 8');
    play(1200);
    expect(heading()).toMatch(/^Segment [2-7] of 8/);
    expect(screen.queryByText(/The answer is/)).toBeNull();
    expect(screen.queryByText(/Expected at the end/)).toBeNull();
    expect(screen.getByRole('list', { name: /^Probability of each answer after segment [2-7]$/ })).toBeTruthy();
    await page.user.click(button('Skip to the end'));
    play(32);
    expect(heading()).toBe('Segment 8 of 8');
    expect(screen.getByText(/The answer is/)).toBeTruthy();

    await page.user.click(button('Replay'));
    play(800);
    expect(heading()).toMatch(/^Segment [1-7] of 8/);
    play(6000);
    expect(heading()).toBe('Segment 8 of 8');
    expect(screen.getByText(/The answer is/)).toBeTruthy();
  });

  it('stays in place while a document is prepared, and needs no second reading for its colours', async () => {
    const page = await renderPage(<Stream />);
    const job = await page.asked('stream');
    expect(screen.getByText(/^Preparing the GPU/)).toBeTruthy();
    job.send(streamBegin(2), streamSegment(0), streamSegment(1), streamEnd());
    const key = screen.getByRole('list', { name: 'Probability of each answer after segment 2' });
    expect(key.textContent).toContain('kitchen 50');
  });
});
