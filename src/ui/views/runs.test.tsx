import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { Shelf } from '../../store/library/storage.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { runRecord, shelve } from '../../testing/runs.ts';
import { detectOrigin } from '../../testing/starting-point.ts';
import { Runs } from './Runs.tsx';

/** The view of the runs of a shelf; the second differs by seed 2. */
async function shown(setting: Parameters<typeof renderPage>[1] = {}): Promise<Page> {
  const second = runRecord('two', { config: { ...runRecord('two').config, seed: 2 }, state: 'finished' });
  return renderPage(<Runs />, { shelf: shelve(new Shelf(), runRecord('one'), second), ...setting });
}
const rows = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => [...row.children].map(textOf));
const open = async ({ user }: Page, name: string) => user.click(button(`Actions for ${name}`));

describe('Runs', () => {
  it('lists the runs, newest first, with their differences', async () => {
    await shown({
      shelf: shelve(
        new Shelf(),
        runRecord('old', { saved: 1000, state: 'failed' }),
        runRecord('new', { config: { ...runRecord('new').config, seed: 2 }, state: 'finished' }),
      ),
    });
    expect(rows().map(([name]) => name)).toEqual(['run newRenameTag', 'run oldRenameTag']);
    const [newest = [], oldest = []] = rows();
    expect(newest.slice(2, 8)).toEqual([
      'Memorize',
      'RMT, encoder',
      'seed 2',
      'Finished',
      '10 of 40',
      '75 % · last 50 %accuracy, 1 segment',
    ]);
    expect(oldest[4]).toBe('seed 1');
    expect(oldest[5]).toBe('Failed');
    expect(newest[9]).toMatch(/^[\d.]+ k?B$/);
  });

  it('says what a run started from', async () => {
    await shown({
      shelf: shelve(new Shelf(), runRecord('one'), runRecord('tuned', { origin: detectOrigin })),
    });
    const row = (name: string) => rows().find(([title]) => title?.startsWith(name));
    expect(row('run tuned')?.[3]).toBe('RMT, encoderfrom detect.safetensors (297 kB, 01234567…)');
    expect(row('run tuned')?.[4]).toBe('from detect.safetensors');
    expect(row('run one')?.[4]).toBe('from random weights');
  });

  it('says that there are none, and links to Train', async () => {
    const page = await renderPage(<Runs />);
    expect(textIn('Runs of this browser')).toContain('No runs yet.');
    await page.user.click(button('Train the first one'));
    expect(page.state().experiment.view).toBe('train');
  });

  it('takes a run to PyTorch', async () => {
    const page = await shown();
    await open(page, 'run one');
    await page.user.click(button('Take to PyTorch…'));
    await page.user.type(field('Samples for training'), '500{Enter}');
    const job = await page.asked('export');
    expect(job.request).toMatchObject({ folder: 'run-one', samples: 500, file: { name: 'run-one.safetensors' } });
    expect(button('Packing …').disabled).toBe(true);
    const facts = { model: 'rmt-bert', task: 'memorize', parameters: 1, reads: 500, validationSamples: 8 };
    const more = { step: 10, steps: 30, samples: 500, hasMoments: true };
    await job.send({ type: 'export-end', zip: Uint8Array.of(1, 2), facts: { ...facts, ...more } });
    expect(page.state().takeHome.download).toMatchObject({ name: 'run-one.zip' });
    expect(textOf(screen.getByRole('form', { name: 'Take to PyTorch' }))).toContain(
      '30 steps to train after step 10, 500 samples.',
    );
    await page.user.click(button('Download folder (.zip)'));
    await job.fail('samples: more than 9 tokens (expected fewer samples)');
    expect((await page.asked('export')).request.folder).toBe('run-one');
  });

  it('renames a run by keyboard, and discards a draft', async () => {
    const page = await shown();
    button('Rename run one').focus();
    await page.user.keyboard('{Enter}');
    await page.user.clear(field('Name of run one'));
    await page.user.keyboard('The first{Enter}');
    expect(await screen.findByText('The first')).toBeTruthy();
    await expect.poll(() => document.activeElement?.getAttribute('aria-label')).toBe('Rename The first');
    await page.user.keyboard('{Enter}');
    await page.user.type(field('Name of The first'), 'thrown away{Escape}');
    expect(rows().some(([name]) => name === 'The firstRenameTag')).toBe(true);
    expect(page.shelf.records.get('one')).toMatchObject({ name: 'The first' });
  });

  it('compares runs, and removes one', async () => {
    const page = await shown();
    await page.user.click(field('Compare run two'));
    await page.user.click(field('Compare run one'));
    const legend = await screen.findByRole('region', { name: 'Compared runs' });
    await expect.poll(() => textOf(legend)).toMatch(/1\. run two \(seed 2\).*2\. run one \(seed 1\)/);
    await page.user.click(within(legend).getByRole('button', { name: 'Remove run two' }));
    expect(field('Compare run two').checked).toBe(false);
  });

  it('compares all runs shown at once, and none again', async () => {
    const page = await shown();
    await page.user.click(button('Compare all shown'));
    await expect
      .poll(() =>
        page
          .state()
          .runs.compared.map(({ id }) => id)
          .sort(),
      )
      .toEqual(['one', 'two']);
    const table = await screen.findByRole('group', { name: 'Means over runs' });
    // Both have 75 % at step 5 and 50 % at step 10.
    expect(textOf(table)).toContain('RMT, encoder1050 % (50 %–50 %, n = 2)');
    await page.user.click(button('Compare none'));
    expect(page.state().experiment.runs.compared).toEqual([]);
  });

  it('sorts by a column, and filters by words, task and tag', async () => {
    const base = runRecord('one').config;
    const page = await shown({
      shelf: shelve(
        new Shelf(),
        runRecord('one', { tags: ['paper'] }),
        runRecord('two', { config: { ...base, seed: 2 }, progress: { ...runRecord('two').progress, step: 4 } }),
        runRecord('three', { config: { ...base, task: 'detect' }, validated: undefined }),
      ),
    });
    const names = () => rows().map(([name = '']) => name.replace(/Rename.*/, ''));
    await page.user.click(button('Steps'));
    expect(screen.getByRole('columnheader', { name: 'Steps' }).getAttribute('aria-sort')).toBe('descending');
    expect(names().at(-1)).toBe('run two');
    await page.user.click(button('Steps'));
    expect(names()[0]).toBe('run two');
    await page.user.click(button('Validation'));
    // One without a validation comes last in either direction.
    expect(names().at(-1)).toBe('run three');
    await page.user.type(field('Find'), 'memorize SEED 2');
    expect(names()).toEqual(['run two']);
    expect(textIn('Runs of this browser')).toContain('1 of 3 runs are shown.');
    await page.user.click(button('Show all'));
    await page.user.selectOptions(field('Task of a run'), 'detect');
    expect(names()).toEqual(['run three']);
    await page.user.selectOptions(field('Task of a run'), '');
    await page.user.selectOptions(field('Tag'), 'paper');
    expect(names()).toEqual(['run one']);
  });

  it('keeps tags with a run', async () => {
    const page = await shown();
    await page.user.click(button('Tags of run one'));
    await page.user.keyboard('paper, copy, paper{Enter}');
    await expect.poll(() => page.state().runs.find('one')?.tags).toEqual(['paper', 'copy']);
    const file = await page.state().runs.exportRun('one');
    expect(JSON.parse((await file?.content.text()) ?? '')).toMatchObject({ tags: ['paper', 'copy'] });
  });

  it('says what is suspicious in a row of its own', async () => {
    const sentence = 'The run has diverged.';
    const suspicions = [{ kind: 'divergence', sentence, figure: 9 }] as const;
    await shown({ shelf: shelve(new Shelf(), runRecord('one', { suspicions })) });
    expect(rows().map((cells) => cells.length)).toEqual([11, 1]);
    expect(rows()[1]).toEqual([sentence]);
  });

  it('deletes a run, restores it, and deletes it permanently', async () => {
    const page = await shown();
    await open(page, 'run two');
    await page.user.click(button('Delete run two'));
    expect(await screen.findByText(/“run two” is deleted\./)).toBeTruthy();
    expect(rows()).toHaveLength(1);
    await expect.poll(() => document.activeElement?.textContent).toBe('Undo');
    await page.user.click(button('Undo'));
    await expect.poll(() => rows().length).toBeGreaterThan(1);
    await page.user.click(button('Delete run two'));
    await page.user.click(await screen.findByRole('button', { name: 'Delete permanently' }));
    await expect.poll(() => page.shelf.records.has('two')).toBe(false);
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  it('restores a run deleted within a day after a reload', async () => {
    const page = await shown({ shelf: shelve(new Shelf(), runRecord('one', { deleted: Date.now() - 1000 })) });
    expect(textIn('Deleted runs')).toContain('“run one” is deleted.');
    await page.user.click(button('Undo'));
    expect(await screen.findByRole('button', { name: 'Actions for run one' })).toBeTruthy();
  });

  it('resumes a run, shows its curves, streams it, evaluates it, or takes its settings', async () => {
    const page = await shown();
    await open(page, 'run one');
    await page.user.click(button('Stream'));
    expect(page.state().experiment).toMatchObject({ view: 'stream', stream: { model: 'run:one' } });
    await page.user.click(button('Evaluate'));
    expect(page.state().experiment).toMatchObject({ view: 'extrapolate', evaluate: { model: 'run:one' } });
    await page.user.click(button('Use settings'));
    expect(page.state().experiment).toMatchObject({ view: 'train', preset: 'tiny' });
    await page.user.click(button('Resume at step 10'));
    await expect.poll(() => page.hasAsked('train')).toBe(true);
    expect(page.job('train').request.resume?.bytes).toEqual(page.shelf.files.get('one.safetensors')?.bytes);
  });

  it('says why a run cannot be resumed now', async () => {
    const page = await shown();
    await open(page, 'run two');
    expect(textIn('Runs of this browser')).toContain(
      'Resuming is not possible now. This run has completed all its steps.',
    );
    expect(button('Resume at step 10').disabled).toBe(true);
  });

  it('does not touch a run that another tab trains, but shows it', async () => {
    const shelf = shelve(new Shelf(), runRecord('one', { state: 'training' }));
    shelf.locks.add('one');
    const page = await shown({ shelf });
    expect(textIn('Runs of this browser')).toContain('In another tab');
    await open(page, 'run one');
    expect(button('Resume at step 10').disabled).toBe(true);
    expect(button('Delete run one').disabled).toBe(true);
    expect(button('Evaluate').disabled).toBe(false);
    expect(textIn('Runs of this browser')).toContain('Another tab is training this run. Stop it there first.');
  });

  it('lists an unreadable run among the readable ones, and deletes it', async () => {
    const shelf = shelve(new Shelf(), runRecord('one'));
    shelf.records.set('odd', { id: 'odd', config: { hidden_size: 'wide' } });
    const page = await shown({ shelf });
    expect(screen.getByText(/This run cannot be read\. There is a problem with run odd, /)).toBeTruthy();
    await page.user.click(button(/^Delete odd/));
    await expect.poll(() => screen.queryByText(/cannot be read/)).toBeNull();
    expect(rows()).toHaveLength(1);
  });

  it('imports an exported run, and refuses any other file', async () => {
    const page = await shown();
    const file = await page.state().runs.exportRun('one');
    const text = (await file?.content.text()) ?? '';
    const input = screen.getByLabelText<HTMLInputElement>(/Import a run exported/);
    const give = (name: string, content: string) =>
      page.user.upload(input, new File([content], name, { type: 'application/json' }));
    await give('cut.json', text.slice(0, 100));
    expect((await screen.findByRole('alert')).textContent).toMatch(
      /There is a problem with cut\.json: not JSON\. It needs a run exported/,
    );
    await page.user.click(button('Dismiss'));
    await give('run.json', text);
    expect(await screen.findByText('Imported “run one (2)”.')).toBeTruthy();
    expect(rows()).toHaveLength(3);
  });

  it('imports a pasted run', async () => {
    const page = await shown();
    const file = await page.state().runs.exportRun('one');
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', (await file?.content.text()) ?? '');
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    expect(await screen.findByText('Imported “run one (2)”.')).toBeTruthy();
  });

  it('shows the storage used, and asks the browser to keep the runs', async () => {
    const page = await shown({ storage: { space: async () => ({ used: 1e6, quota: 4e6, persisted: false }) } });
    expect(textIn('Runs of this browser')).toContain('1 MB used of 4 MB that the browser allows (25 %).');
    await page.user.click(button('Protect storage'));
    expect((await screen.findByRole('alert')).textContent).toContain('The browser declined to protect this storage.');
  });

  it('says that a private window stores nothing', async () => {
    await shown({ storage: { records: () => Promise.reject(new Error('The operation is insecure.')) } });
    expect(textOf(document.body)).toContain('This browser does not allow storage here (The operation is insecure.)');
  });
});
