import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { document } from '../../testing/events.ts';
import { button, renderPage, textIn } from '../../testing/playground.tsx';
import { Stream } from '../views/Stream.tsx';

/** The view after reading a document whose memory was changed. */
async function read() {
  const page = await renderPage(<Stream />, { address: '/stream?stream.segments=8&stream.changes=zero%403' });
  (await page.asked('stream')).send(...document(8));
  return page;
}

describe('the whole stream as one file', () => {
  it('is read again with its interventions, reports progress, and is offered for download', async () => {
    const page = await read();
    await page.user.click(button('Save whole stream'));
    const job = await page.asked('capture');
    expect(job.request).toMatchObject({
      segments: 8,
      seed: 9,
      attention: true,
      interventions: [{ kind: 'zero', segment: 2 }],
    });
    expect(button('Save whole stream').disabled).toBe(true);
    job.send({ type: 'capture-begin', segments: 8 }, { type: 'capture-progress', read: 3 });
    expect(textIn('Document')).toContain('3 of 8 segments');
    job.send({ type: 'capture-end', bytes: new Uint8Array(2048), adapter: 'a' });
    expect(textIn('Document')).toContain('Saved: 2');
    expect(page.state().capture.download).toMatchObject({ name: 'm-8-segments-seed-9.safetensors' });
  });

  it('is saved without attention, and stopped', async () => {
    const page = await read();
    await page.user.click(screen.getByLabelText('With attention'));
    await page.user.click(button('Save whole stream'));
    const job = await page.asked('capture');
    expect(job.request.attention).toBe(false);
    await page.user.click(screen.getByTitle(/nothing is saved/));
    expect(job.controls).toEqual(['stop']);
    expect(button('Save whole stream').disabled).toBe(false);
  });

  it('says why it could not be saved', async () => {
    const page = await read();
    await page.user.click(button('Save whole stream'));
    (await page.asked('capture')).fail(
      'whole stream as one file: 2000 MiB (expected at most 1024 MiB: fewer segments)',
    );
    expect(screen.getByRole('alert').textContent).toBe(
      'The stream could not be saved. There is a problem with whole stream as one file: 2000 MiB. It needs at most 1024 MiB: fewer segments.',
    );
  });
});
