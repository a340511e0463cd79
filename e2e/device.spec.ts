// Device: facts, limits and self-check of the visitor's own adapter; and the bench, time, rate and bytes of named shapes.
import { expect, test } from './page.ts';

test('tells what the adapter is, the kernels chosen for it, and every limit', async ({ page }) => {
  await page.goto('./#/device');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This GPU');
  const adapter = page.getByRole('region', { name: 'Adapter', exact: true });
  await expect(adapter.getByRole('heading', { name: /swiftshader/i })).toBeVisible({ timeout: 60_000 });
  await expect(adapter.getByText('software', { exact: true })).toBeVisible();
  await expect(adapter.getByText('Why these kernels')).toBeVisible();
  await adapter.getByText('All limits and features').click();
  const limits = adapter.getByRole('group', { name: 'Limits of the adapter', exact: true });
  // What matters here first.
  await expect(limits.locator('tbody tr').first()).toContainText('maxStorageBufferBindingSize');
  await expect(limits.getByRole('rowheader', { name: 'maxBindGroups', exact: true })).toBeVisible();
  expect(await limits.locator('tbody tr').count()).toBeGreaterThan(20);
});

test('checks its gradients, group by group, and gives the text for a report', async ({ page, context }) => {
  test.setTimeout(15 * 60_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('./#/device');
  const check = page.getByRole('region', { name: 'Self-check' });
  await check.getByRole('button', { name: 'Check this GPU' }).click();
  await expect(check.getByText(/This GPU passes: all \d+ comparisons are within 0\.001/)).toBeVisible({
    timeout: 12 * 60_000,
  });
  await expect(check.getByText(/GFLOP\/s, probed at/)).toBeVisible();
  for (const [model, group] of [
    ['RMT, encoder', 'bert.encoder.layer.1.output.LayerNorm'],
    ['RMT, decoder', 'transformer.h.0.attn.c_attn.weight'],
  ] as const) {
    const table = check.getByRole('group', { name: `Gradients, ${model}`, exact: true });
    const row = table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: group, exact: true }) });
    await expect(row).toContainText(/\d\.\de-\d+ ✓ pass/);
    await expect(table.getByRole('rowheader', { name: 'rmt.memory', exact: true })).toBeVisible();
  }
  await check.getByRole('button', { name: 'Copy as text' }).click();
  await expect(check.getByText('Copied.')).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/adapter {4}architecture: swiftshader/);
  expect(text).toMatch(/self-check finished: (\d+) of \1 groups within 0\.001/);
  expect(text).toMatch(/pass {2}.*rmt\.memory/);
});

test('a browser without an adapter is told why, instead of facts', async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'gpu');
  });
  await page.goto('./#/device');
  await expect(page.getByRole('region', { name: 'WebGPU is not available' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Check this GPU' })).toHaveCount(0);
});

test('measures a shape, kernel by kernel, and keeps the link', async ({ page }) => {
  await page.goto('./#/device?bench.shapes=tiny&bench.runs=1');
  const bench = page.getByRole('region', { name: 'Bench', exact: true });
  // What is heavy is not ticked by itself on a software adapter.
  await expect(bench.getByRole('checkbox', { name: 'bert-base' })).not.toBeChecked();
  await bench.getByRole('checkbox', { name: 'training step' }).uncheck();
  await bench.getByRole('checkbox', { name: 'kernel by kernel' }).check();
  expect(page.url()).toContain('bench.modes=forward');
  expect(page.url()).toContain('bench.profile=true');
  await bench.getByRole('button', { name: 'Start' }).click();
  await expect(bench.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 250_000 });
  await expect(bench.getByText(/GFLOP\/s in a matrix product/)).toBeVisible();
  const row = bench.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'tiny' }) });
  await expect(row).toContainText('forward');
  await expect(row).toContainText('n = 1');
  await bench.getByText('tiny, forward: what is in it').click();
  await expect(bench.getByRole('rowheader', { name: 'embedding_forward' })).toBeVisible();
});

test('can be stopped, and says what else keeps the GPU busy', async ({ page }) => {
  await page.goto('./#/device?bench.shapes=tiny&bench.modes=forward&bench.runs=1000');
  const bench = page.getByRole('region', { name: 'Bench', exact: true });
  await bench.getByRole('button', { name: 'Start' }).click();
  await expect(bench.getByText(/measuring, run \d+ of 1000/)).toBeVisible({ timeout: 200_000 });
  await bench.getByRole('button', { name: 'Stop' }).click();
  await expect(bench.getByText('Stopped; what was measured stays.')).toBeVisible({ timeout: 60_000 });

  await page.getByRole('tab', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/step \d+ of/)).toBeVisible({ timeout: 120_000 });
  await page.getByRole('tab', { name: 'Device' }).click();
  await bench.getByRole('button', { name: 'Start' }).click();
  await expect(bench.getByRole('alert')).toContainText('a run in training');
});
