// Runs: saved in the browser, across reloads and crashes, in two tabs, on a full disk, exported and imported.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright/test';
import { expect, test } from './page.ts';

const tiny = 'preset=tiny&stages=1&validate_every=20&validate_samples=16';
const short = `./#/train?${tiny}&stage_steps=40`;
const long = `./#/train?${tiny}&stage_steps=4000`;
const name = 'Memorize · RMT, encoder';

const heading = (page: Page, text: string) => page.getByRole('heading', { name: text, exact: true });
const button = (page: Page, text: string | RegExp) => page.getByRole('button', { name: text, exact: true });
const row = (page: Page, text: string | RegExp) =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: text }) });
const tab = (page: Page, text: string) => page.getByRole('tab', { name: text }).click();

async function train(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.getByRole('button', { name: /^▶? ?(Start|New run)/ }).click();
  await expect(heading(page, 'Finished')).toBeVisible({ timeout: 120_000 });
}

/** Open the actions of a run. */
async function actions(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${text}`, exact: true }).click();
}

async function downloaded(page: Page, text: string): Promise<Buffer> {
  const downloading = page.waitForEvent('download');
  await button(page, text).click();
  return readFile(await (await downloading).path());
}

const stepShown = async (page: Page) =>
  Number(
    /step ([\d,]+) of/.exec((await page.getByText(/ · step [\d,]+ of/).textContent()) ?? '')?.[1]?.replace(',', ''),
  );
const savedAt = async (page: Page) => {
  await expect(page.getByText(/saved at step \d+/)).toBeVisible();
  return Number(/saved at step (\d+)/.exec((await page.getByText(/saved at step \d+/).textContent()) ?? '')?.[1]);
};

test('a run resumed after a reload ends bit-identical to an uninterrupted one', async ({ page }) => {
  const address = `./#/train?${tiny}&stage_steps=150`;
  await train(page, address);
  const uninterrupted = await downloaded(page, 'Download checkpoint');

  await page.getByRole('button', { name: /New run/ }).click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(10);
  // Pausing saves the run.
  await button(page, '❚❚ Pause')
    .or(page.getByRole('button', { name: 'Pause' }))
    .click();
  const saved = await savedAt(page);
  expect(saved).toBeGreaterThan(10);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(saved);
  await page.reload();
  await expect(page.getByText(/^Memorize · RMT, encoder.* was interrupted\. Saved at step \d+ of 150/)).toBeVisible();
  await button(page, 'Resume the last run').click();
  await expect(heading(page, 'Finished')).toBeVisible({ timeout: 120_000 });
  expect(Buffer.compare(await downloaded(page, 'Download checkpoint'), uninterrupted)).toBe(0);
  // The curves are complete: the table of steps ends at the last step.
  await page.getByText('Steps as a table').click();
  const first = page.getByRole('group', { name: 'Values of the curves' }).last().getByRole('row');
  await expect(first.last().getByRole('cell').first()).toHaveText('150');
  await tab(page, 'Runs');
  await expect(row(page, name)).toHaveCount(2);
  await expect(row(page, name).first()).toContainText('150 of 150');
});

test('a run is saved regularly and when the page is hidden, and survives a crash of its tab', async ({
  page,
  context,
}) => {
  await page.goto(long);
  await page.getByRole('button', { name: 'Start' }).click();
  // Without a pause: the first save is automatic, the next one happens when the page is hidden.
  const saved = await savedAt(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect.poll(() => savedAt(page), { timeout: 9000, intervals: [200] }).toBeGreaterThan(saved);
  const cdp = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // The call never resolves, because the page is gone.
  void cdp.send('Page.crash').catch(() => {});
  await crashed;
  const other = await context.newPage();
  await other.goto('./#/train');
  await expect(
    other.getByText(/^Memorize · RMT, encoder.* was interrupted\. Saved at step \d+ of 4,000/),
  ).toBeVisible();
  await button(other, 'Show curves').click();
  await expect(other.getByText(/· step \d+ of 4,000/)).toBeVisible();
  const step = await stepShown(other);
  expect(step).toBeGreaterThan(saved);
  await other.getByText('Steps as a table').click();
  const values = other.getByRole('group', { name: 'Values of the curves' }).last().getByRole('row').last();
  await expect(values.getByRole('cell').first()).toHaveText(String(step));
  await button(other, `Resume at step ${step}`).click();
  await expect.poll(() => stepShown(other).catch(() => 0)).toBeGreaterThan(step);
});

test('an exported run is imported with the same checkpoint, and a broken file is refused', async ({ page }) => {
  await train(page, short);
  await tab(page, 'Runs');
  const own = /^Memorize · RMT, encoder · curriculum/;
  const label = (await page.getByRole('button', { name: /^Rename/ }).getAttribute('aria-label'))?.slice(7) ?? '';
  expect(label).toMatch(own);
  await actions(page, label);
  const file = await downloaded(page, 'Export run');
  const checkpoint = await downloaded(page, 'Export checkpoint');
  const json = JSON.parse(file.toString('utf8'));
  expect(json).toMatchObject({ name: label, progress: { step: 40 }, config: { task: 'memorize' } });
  expect(Buffer.compare(Buffer.from(json.checkpoint, 'base64'), checkpoint)).toBe(0);
  expect(json.curves.steps.columns.x).toHaveLength(40);

  await button(page, `Delete ${label}`).click();
  await button(page, 'Delete permanently').click();
  await expect(page.getByText('No runs yet.')).toBeVisible();

  const give = (name: string, buffer: Buffer) =>
    page.getByLabel(/Import a run exported/).setInputFiles({ name, mimeType: 'application/json', buffer });
  await give('cut.json', file.subarray(0, 5000));
  await expect(page.getByRole('alert')).toHaveText(
    /problem with cut\.json: not JSON\. It needs a run exported from this page/,
  );
  json.progress.step = 30;
  await give('changed.json', Buffer.from(JSON.stringify(json)));
  await expect(page.getByRole('alert')).toHaveText(/changed\.json, progress\.step: 30\. It needs 40/);
  await expect(page.getByText('No runs yet.')).toBeVisible();

  await give('run.json', file);
  await expect(page.getByText(`Imported “${label}”.`)).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await actions(page, label);
  expect(Buffer.compare(await downloaded(page, 'Export checkpoint'), checkpoint)).toBe(0);
  await button(page, 'Show curves').click();
  await expect(page.getByText('step 40 of 40')).toBeVisible();

  // Dropped and pasted runs are added and do not replace the first.
  await tab(page, 'Runs');
  for (const type of ['drop', 'paste'] as const)
    await page.evaluate(
      ([kind, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], 'run.json', { type: 'application/json' }));
        const common = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          kind === 'drop'
            ? new DragEvent('drop', { ...common, dataTransfer: transfer })
            : new ClipboardEvent('paste', { ...common, clipboardData: transfer }),
        );
      },
      [type, file.toString('utf8')] as const,
    );
  await expect(row(page, own)).toHaveCount(3);

  // It can be streamed like any model, and has its own address.
  await actions(page, label);
  await button(page, 'Stream').click();
  await expect(page).toHaveURL(/stream\.model=run%3A\w{10}/);
  await expect(page.getByText(/read 48 of 48|answer/i).first()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Model').locator('option:checked')).toHaveText(/^Memorize · RMT, encoder.*\(step 40\)/);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('two tabs share all runs, and a run trains in one of them only', async ({ page, context }) => {
  await page.goto(long);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => stepShown(page).catch(() => 0), { timeout: 120_000 }).toBeGreaterThan(3);
  await page.getByRole('button', { name: 'Pause' }).click();
  await savedAt(page);

  const other = await context.newPage();
  await other.goto('./#/runs');
  await expect(row(other, name)).toContainText('In another tab');
  const label = (await other.getByRole('button', { name: /^Rename/ }).getAttribute('aria-label'))?.slice(7) ?? '';
  await actions(other, label);
  await expect(other.getByRole('button', { name: /^Resume at step/ })).toBeDisabled();
  await expect(other.getByText('Another tab is training this run. Stop it there first.')).toBeVisible();
  await expect(button(other, `Delete ${label}`)).toBeDisabled();
  // It can be evaluated.
  await button(other, 'Evaluate').click();
  await other.getByLabel('Numbers of segments').fill('1');
  await other.getByLabel('Samples').fill('4');
  await other.getByRole('button', { name: 'Start' }).click();
  await expect(other.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 120_000 });

  // A new name appears in both tabs; stopping in one tab lets the other resume.
  await tab(other, 'Runs');
  await button(other, `Rename ${label}`).click();
  await other.keyboard.type('Ours');
  await other.keyboard.press('Enter');
  await expect(page.getByText('Ours', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(row(other, /^Ours/)).toContainText('Stopped');
  await other
    .getByRole('button', { name: /^Resume at step/ })
    .or(button(other, 'Actions for Ours'))
    .first()
    .click();
  await other.getByRole('button', { name: /^Resume at step/ }).click();
  await expect(other.getByRole('button', { name: 'Pause' })).toBeEnabled();
  await page.getByRole('button', { name: /^Resume at step/ }).click();
  await expect(page.getByRole('alert')).toContainText('Another tab is training this run.');
  await other.close();
  // A closed tab releases its run.
  await expect(async () => {
    await page.getByRole('button', { name: /^Resume at step/ }).click();
    await expect(page.getByRole('button', { name: 'Pause' })).toBeEnabled({ timeout: 5000 });
  }).toPass();
});

test('a full disk neither stops a run nor loses its last checkpoint', async ({ page, context }) => {
  await page.goto(long);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect.poll(() => stepShown(page).catch(() => 0), { timeout: 120_000 }).toBeGreaterThan(3);
  await page.getByRole('button', { name: 'Pause' }).click();
  const saved = await savedAt(page);
  const origin = new URL(page.url()).origin;
  const cdp = await context.newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  const alert = page.getByRole('region', { name: 'Run', exact: true }).getByRole('alert');
  await expect(alert).toContainText(`step ${saved + 1} of “${name}`);
  await expect(alert).toContainText('the storage of this browser is full');
  await expect(alert).toContainText(`the checkpoint from step ${saved} is safe`);
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect.poll(() => stepShown(page)).toBe(saved + 2);
  await page.reload();
  await expect(page.getByText(`Saved at step ${saved} of 4,000`)).toBeVisible();
  await cdp.send('Storage.overrideQuotaForOrigin', { origin });
  await button(page, 'Resume the last run').click();
  await expect.poll(() => stepShown(page).catch(() => 0)).toBeGreaterThan(saved + 2);
});

test('without OPFS, checkpoints are stored in the database', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(StorageManager.prototype, 'getDirectory', {
      value: () => Promise.reject(new DOMException('denied', 'SecurityError')),
    });
  });
  await train(page, short);
  const bytes = await downloaded(page, 'Download checkpoint');
  await page.goto('./#/runs');
  await page.reload();
  await page.getByRole('button', { name: /^Actions for/ }).click();
  expect(Buffer.compare(await downloaded(page, 'Export checkpoint'), bytes)).toBe(0);
});

test('without any storage, runs last until the page is closed, and the page says so', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', {
      get: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
  });
  await train(page, short);
  await tab(page, 'Runs');
  await expect(
    page.getByText(/This browser does not allow storage here \(The operation is insecure\.\)/),
  ).toBeVisible();
  await expect(row(page, name)).toContainText('Finished');
  await page.getByRole('button', { name: /^Actions for/ }).click();
  expect((await downloaded(page, 'Export run')).length).toBeGreaterThan(1000);
});

test('the run of an earlier version is migrated, and an unreadable run does no harm', async ({ page }) => {
  await page.goto('./#/runs');
  // Now the page has opened its own database and does not interfere.
  await expect(page.getByRole('button', { name: 'Train the first one' })).toBeVisible();
  await page.evaluate(async () => {
    const done = (request: IDBOpenDBRequest) =>
      new Promise((resolve, reject) => {
        request.onsuccess = resolve;
        request.onerror = () => reject(request.error);
      });
    // The page closes its database, as it would for a later version.
    await done(indexedDB.deleteDatabase('rmt-playground'));
    const request = indexedDB.open('rmt-playground', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('runs');
    await done(request);
    const progress = { step: 3, steps: 9, stage: 0, stages: 1, stageStep: 3, stageSteps: 9, segments: 1 };
    const record = { bytes: Uint8Array.of(1, 2, 3), config: { task: 'memorize' }, progress, saved: 1000, files: [] };
    const writing = request.result.transaction('runs', 'readwrite');
    writing.objectStore('runs').put(record, 'last-run');
    await new Promise((resolve) => {
      writing.oncomplete = resolve;
    });
    request.result.close();
  });
  await page.reload();
  await expect(row(page, name)).toContainText('3 of 9');
  await page.evaluate(async () => {
    const request = indexedDB.open('rmt-playground');
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    const writing = request.result.transaction('records', 'readwrite');
    writing.objectStore('records').put({ id: 'odd', config: { hidden_size: 'wide' } }, 'odd');
    await new Promise((resolve) => {
      writing.oncomplete = resolve;
    });
    request.result.close();
  });
  await page.reload();
  await expect(page.getByText(/This run cannot be read\. There is a problem with run odd, /)).toBeVisible();
  await expect(row(page, name)).toContainText('3 of 9');
  await page.getByRole('button', { name: /^Delete odd/ }).click();
  await expect(page.getByText(/cannot be read/)).toHaveCount(0);
  await expect(row(page, name)).toContainText('3 of 9');
});
