// The tour acts on the page: its requests are recorded, and the reports of the session replayed.
import { act, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { placeModel, streamBegin, streamEnd, streamSegment, trainBegin } from '../../testing/events.ts';
import { button, renderPage, textOf } from '../../testing/playground.tsx';
import { steps } from './steps.ts';
import { Tour } from './Tour.tsx';

function Page() {
  const [isOpen, setOpen] = useState(true);
  return isOpen ? <Tour onEnd={() => setOpen(false)} /> : <p>over</p>;
}

const texts = () => textOf(screen.getByRole('dialog'));
const segments = 12;
const fact = { marks: [{ kind: 'fact' as const, start: 0, end: 2 }] };
/** Segments before the fact lean to another answer than those after it. */
const segment = (index: number) =>
  streamSegment(index, {
    ...(index === 3 ? fact : {}),
    // The memory turns at the fact only.
    memory: Float32Array.of(1, index < 3 ? 0 : 5, 0, 0, 0, 1, index < 3 ? 0 : 5, 0),
    probabilities:
      index < 3 ? Float32Array.of(0.5, 0.1, 0.1, 0.1, 0.1, 0.1) : Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 0.5),
  });
const opening = Array.from({ length: 8 }, (_, index) => {
  const { words, marks } = segment(index);
  return { words, marks };
});
const said = { type: 'stream-document', model: placeModel, segments, expected: 'kitchen', opening } as const;

async function started(address = '#/compute?stream.seed=77') {
  const page = await renderPage(<Page />, { address });
  const job = await page.asked('stream');
  job.send(said, streamBegin(segments));
  /** Answer each step that the page takes, as the session would. */
  const answerSteps = async (upTo: number) => {
    for (let index = page.state().stream.seen; index < upTo; index++) {
      await waitFor(() => expect(job.controls.filter((each) => each === 'step').length).toBe(index + 1));
      job.send(segment(index));
    }
  };
  return { ...page, job: page.job, stream: job, answerSteps };
}

describe('the tour', () => {
  it('puts its document on show, paused before the first segment, and reads only what a step asks for', async () => {
    const page = await started();
    expect(page.stream.request).toMatchObject({ segments: 12, seed: 5, paused: true });
    expect(page.state().stream.status).toBe('paused');
    expect(page.stream.controls).toEqual([]);
    await page.user.click(button('Read the first segment'));
    await page.answerSteps(1);
    expect(texts()).toContain('The 2 threads are its memory tokens: vectors of 4 numbers each');
    expect(page.stream.controls).toEqual(['step']);
  });

  it('asks for a prediction first, then shows what came of it', async () => {
    const page = await started();
    await page.user.click(button('Read the first segment'));
    await page.answerSteps(1);
    await page.user.click(button('Next'));
    expect(texts()).toContain('Segment 4 says: “john went”');
    const choices = within(screen.getByRole('group', { name: /Which segment will change the memory most/ }));
    await page.user.click(choices.getByRole('button', { name: 'segment 2' }));
    await page.user.click(button('Read on to the fact'));
    expect(button('Working …').getAttribute('aria-disabled')).toBe('true');
    await page.answerSteps(4);
    expect(texts()).toContain('The threads swell at segment 4');
    expect(texts()).toContain('You predicted: segment 2.');
    expect(choices.getByRole('button', { name: /segment 4/ }).textContent).toContain('(right)');
    // Once it is seen, a prediction stays what it was.
    await page.user.click(choices.getByRole('button', { name: /segment 4/ }));
    expect(choices.getByRole('button', { name: 'segment 2' }).getAttribute('aria-pressed')).toBe('true');
    await page.user.click(button('Next'));
    await page.user.click(button('Read the noise'));
    await page.answerSteps(11);
    expect(texts()).toContain('It would answer kitchen');
  });

  it('zeroes the memory and restores it', async () => {
    const page = await started();
    for (let i = 0; i < 4; i++) await page.user.click(button('Next'));
    await page.user.click(button('another place'));
    await page.user.click(button('Set the memory to zero'));
    await waitFor(() => expect(page.job('stream').request.interventions).toEqual([{ kind: 'zero', segment: 6 }]));
    const all = Array.from({ length: segments }, (_, index) => segment(index));
    page
      .job('stream')
      .send(streamBegin(segments), ...all, streamEnd({ answer: 'office', untouched: { answer: 'kitchen' } }));
    expect(texts()).toMatch(/It answers office\..*which answers kitchen\..*As you predicted\./);
    await page.user.click(button('Next'));
    await page.user.click(button('Restore the memory'));
    await waitFor(() => expect(page.job('stream').request.interventions).toBeUndefined());
    page.job('stream').send(streamBegin(segments), ...all, streamEnd());
    expect(texts()).toContain('The answer is kitchen again.');
  });

  it('trains a little, and leaves the page as it was', async () => {
    const page = await started('#/compute?stream.seed=77&hidden_size=16');
    const trains = steps.findIndex(({ act }) => act?.kind === 'train');
    for (let i = 0; i < trains; i++) await page.user.keyboard('{ArrowRight}');
    expect(page.state().experiment).toMatchObject({ view: 'train', panel: 'training' });
    await page.user.click(button('Train a little'));
    const run = await page.asked('train');
    run.send(trainBegin());
    await waitFor(() => expect(page.state().runs.entries).toHaveLength(1));
    await page.user.keyboard('{Escape}');
    expect(screen.getByText('over')).toBeTruthy();
    expect(page.state().experiment).toMatchObject({ view: 'compute', panel: undefined });
    expect(page.state().experiment.stream).toMatchObject({ seed: 77, segments: undefined });
    expect(page.state().experiment.config.hidden_size).toBe(16);
    expect(page.state().run).toMatchObject({ status: 'idle', id: undefined });
    expect(run.controls).toContain('stop');
    await waitFor(() => expect(page.state().runs.entries).toHaveLength(0));
  });

  it('leaves a run of the visitor alone', async () => {
    const page = await started();
    await page.change(({ run }) => run.start());
    (await page.asked('train')).send(trainBegin());
    const trains = steps.findIndex(({ act }) => act?.kind === 'train');
    for (let i = 0; i < trains; i++) await page.user.click(button('Next'));
    expect(button('Train a little').disabled).toBe(true);
    expect(texts()).toContain('A run of yours is on this view');
    await page.user.keyboard('{Escape}');
    expect(page.state().run.status).toBe('running');
  });

  it('ends with what a memory token is and how it is trained, by keyboard alone', async () => {
    const page = await started();
    act(() => screen.getByRole('dialog').focus());
    for (let i = 1; i < steps.length; i++) await page.user.keyboard('{ArrowRight}');
    expect(texts()).toContain(`${steps.length} of ${steps.length}`);
    expect(steps.slice(-4, -1).map(({ panel }) => panel)).toEqual(['recurrence', 'bptt', 'training']);
    await page.user.keyboard('{ArrowLeft}{ArrowLeft}');
    await page.user.click(button('no'));
    expect(texts()).toContain('gets no gradient from the answer');
    await page.user.keyboard('{Escape}');
    expect(screen.getByText('over')).toBeTruthy();
  });
});
