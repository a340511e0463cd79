// The kernels of a GPU: what an earlier visit chose is found again where earlier versions stored it.
import { expect, type Page, test } from 'playwright/test';

// The worker's script is changed on its way, which a service worker would not allow.
test.use({ serviceWorkers: 'block' });

/** Let the worker believe that its adapter is a GPU. */
async function pretendHardware(page: Page): Promise<void> {
  const pretend = () => {
    const { gpu } = navigator;
    const request = gpu.requestAdapter.bind(gpu);
    gpu.requestAdapter = async (options) => {
      const adapter = await request(options);
      if (!adapter) return null;
      const info = {
        vendor: 'acme',
        architecture: 'road',
        device: '',
        description: 'Runner 1',
        isFallbackAdapter: false,
      };
      Object.defineProperty(adapter, 'info', { value: info });
      return adapter;
    };
  };
  await page.route(/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${pretend})();\n${await response.text()}` });
  });
}

test('what an earlier version stored is taken', async ({ page }) => {
  await pretendHardware(page);
  // A picture of the site, not the page: nothing has opened a database yet.
  await page.goto('./icon.svg');
  await page.evaluate(async () => {
    const request = indexedDB.open('keyval-store');
    request.onupgradeneeded = () => request.result.createObjectStore('keyval');
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    const writing = request.result.transaction('keyval', 'readwrite');
    const choice = {
      'product small': 'registers',
      'product large': 'workgroup 128×64×16',
      'attention small': 'rows',
      'attention large': 'rows',
    };
    writing.objectStore('keyval').put(choice, 'tuning of acme road Runner 1');
    await new Promise((resolve) => {
      writing.oncomplete = resolve;
    });
    request.result.close();
  });
  await page.goto('./#/device');
  const adapter = page.getByRole('region', { name: 'Adapter' });
  await expect(adapter.getByRole('heading', { name: 'Runner 1' })).toBeVisible();
  await expect(adapter).toContainText('registers for small problems, workgroup 128×64×16 for large ones');
  await expect(adapter).toContainText('at an earlier visit');
});
