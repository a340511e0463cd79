// Content-Security-Policy: it is in force, and no view violates it.
import { expect, test } from './page.ts';
import { noSidewaysScroll, openView, settled, streamed, trainAndPause, views } from './views.ts';

declare global {
  interface Window {
    violations: string[];
  }
}

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      window.violations.push(`${violatedDirective}: ${blockedURI} ${sample}`),
    );
  });
});

test('no view, chart or dialog violates it', async ({ page }) => {
  await page.goto('./');
  await streamed(page);
  await page.getByRole('button', { name: 'Tour', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await trainAndPause(page);
  for (const view of views) {
    await openView(page, view);
    // Open all details to check their styles too.
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    await settled(page);
    expect(await page.evaluate(() => window.violations), view).toEqual([]);
    await noSidewaysScroll(page, view);
  }
});

test('it refuses inline script, inline style, eval and other servers', async ({ page }) => {
  await page.goto('./#/device');
  // The shared page fails a test on any console error; here they are expected, so a separate context is used.
  const context = await page.context().browser()?.newContext();
  const bare = await context?.newPage();
  if (!bare) throw new Error('no browser');
  await bare.goto(page.url());
  const refused = await bare.evaluate(async () => {
    const seen: string[] = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => seen.push(effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.name = "ran"';
    document.head.append(script);
    document.head.append(Object.assign(document.createElement('style'), { textContent: 'body { color: red }' }));
    const fetched = await fetch('https://example.org/').then(
      () => 'answered',
      () => 'refused',
    );
    // The test driver's own script may use eval until its first await.
    while (!seen.includes('connect-src')) await new Promise(requestAnimationFrame);
    let evaluated = 'ran';
    try {
      // biome-ignore lint/security/noGlobalEval: it must be refused
      eval('window.name = "ran"');
    } catch (error) {
      evaluated = error instanceof Error ? error.name : String(error);
    }
    while (!seen.includes('script-src')) await new Promise(requestAnimationFrame);
    return { seen: [...new Set(seen)].sort(), name: window.name, fetched, evaluated };
  });
  expect(refused).toMatchObject({ name: '', fetched: 'refused', evaluated: 'EvalError' });
  expect(refused.seen).toEqual(
    expect.arrayContaining(['connect-src', 'script-src', 'script-src-elem', 'style-src-elem']),
  );
  await context?.close();
});
