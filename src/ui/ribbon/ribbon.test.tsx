import { act, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StreamLog } from '../../store/slices/stream-log.ts';
import { textsOn, wantMotion } from '../../testing/browser-stubs.ts';
import { placeModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { eventually } from '../../testing/eventually.ts';
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
  await eventually(() => expect(textsOn(canvas).length).toBeGreaterThan(0));
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
        // However long the machine took until here.
        now = Math.max(now, performance.now());
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

  it('explains the answer at a press, in tints, an area and words, and hides that again', async () => {
    const page = await renderPage(<Stream />);
    const text = { words: ['john', 'kitchen'], marks: [{ kind: 'fact' as const, start: 0, end: 2 }] };
    (await page.asked('stream')).send(streamBegin(2), streamSegment(0, text), streamSegment(1), streamEnd());
    const slider = screen.getByRole('slider', { name: /^Current segment/ });
    const canvas = slider.querySelector('canvas') ?? expect.fail('no canvas');
    await page.user.click(button('Why this answer?'));
    const job = await page.asked('attribute');
    job.send({ type: 'attribute-progress', phase: 'backward', segments: 1 });
    expect(screen.getByText('Following the gradient back: 1 of 2 segments …')).toBeTruthy();
    const [kitchen, office] = ['kitchen', 'office'].map((word, id) => ({
      id,
      word,
      logit: 3 - 3 * id,
      probability: 0.5,
    }));
    if (!kitchen || !office) return expect.fail();
    const attributed = (index: number, words: readonly number[], norm: number) => {
      const margin = {
        words: Float32Array.from(words),
        special: 0,
        norms: Float32Array.of(norm, 0),
        products: new Float32Array(2),
      };
      const own = index === 0 ? text : { words: ['john', 'went'], marks: [] };
      return { type: 'attribute-segment' as const, index, ...own, margin, logProbability: margin };
    };
    job.send(
      {
        ...{ type: 'attribute-begin', gpuBytes: 1, segment: 1, word: 0, words: 1 },
        ...{ answer: kitchen, than: office, candidates: [kitchen, office], right: 'kitchen' },
      },
      attributed(1, [-0.5, 0], 1),
      attributed(0, [0.25, 2], 1e-6),
      { type: 'attribute-end', finished: true },
    );
    const why = screen.getByText(/^Why “kitchen” and not “office”/).textContent;
    expect(why).toContain('Most: “kitchen” in segment 1 (2), “john” in segment 2 (-0.5)');
    expect(why).toContain('largest at the memory that segment 2 receives. At the fact in segment 1 it has faded');
    await eventually(() => expect(textsOn(canvas)).toContain('← ∂answer'));
    slider.focus();
    await page.user.keyboard('{Home}');
    expect(slider.getAttribute('aria-valuetext')).toContain('largest contribution: “kitchen” 2');
    await page.user.click(button('Hide contributions'));
    await eventually(() => expect(textsOn(canvas)).not.toContain('← ∂answer'));
    expect(screen.queryByText(/^Why “/)).toBeNull();
    // An attribution is of the document without interventions.
    await page.change(({ experiment }) => experiment.setStream({ changes: [{ kind: 'zero', segment: 0 }] }));
    expect(button('Why this answer?').disabled).toBe(true);
  });

  it('names the threads at a press, says so, and hides the names again', async () => {
    const page = await renderPage(<Stream />);
    (await page.asked('stream')).send(streamBegin(2), streamSegment(0), streamSegment(1), streamEnd());
    const canvas =
      screen.getByRole('slider', { name: /^Current segment/ }).querySelector('canvas') ?? expect.fail('no canvas');
    await page.user.click(button('Whose thread is it?'));
    const job = await page.asked('holders');
    job.send({ type: 'holders-begin', model: placeModel, task: 'detect' }, { type: 'holders-reading', documents: 2 });
    expect(screen.getByText('Comparing the memory tokens: 2 of 8 beginnings read …')).toBeTruthy();
    const tokens = placeModel.memTokens;
    const variance = Float32Array.from({ length: 2 * tokens }, (_, i) => (i === 1 || i === 2 * (tokens - 1) ? 1 : 0));
    job.send({
      type: 'holders-end',
      found: { subjects: ['sandra', 'bill'], values: ['kitchen', 'garden'], tokens, variance },
    });
    await eventually(() => expect(textsOn(canvas)).toEqual(expect.arrayContaining(['bill', 'sandra'])));
    expect(screen.getByText(/^Each of the 2 has a memory token of its own\./)).toBeTruthy();
    await eventually(() => expect(screen.getByText(/Threads from the top: bill/)).toBeTruthy());
    await page.user.click(button('Hide names'));
    await eventually(() => expect(textsOn(canvas)).not.toContain('bill'));
    await page.user.click(button('Whose thread is it?'));
    page.job('holders').fail('device: lost (expected a GPU)');
    expect(screen.getByRole('alert').textContent).toMatch(/^The memory tokens could not be compared\./);
    await page.user.click(button('Whose thread is it?'));
    await page.asked('holders');
    await page.user.click(button('Stop naming'));
    expect(button('Whose thread is it?')).toBeTruthy();
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
