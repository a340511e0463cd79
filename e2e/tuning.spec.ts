// The kernels of a GPU: the choice of an earlier visit is found where earlier versions stored it.
import { expect, type Page, test } from 'playwright/test';

// The test changes the worker script in transit, which a service worker would prevent.
test.use({ serviceWorkers: 'block' });

/** Make the adapter look like a GPU that supports only the simplest kernels; others take minutes to compile here. */
async function pretendHardware(page: Page): Promise<void> {
  const pretend = () => {
    const { gpu } = navigator;
    const request = gpu.requestAdapter.bind(gpu);
    const instead = <T extends object>(of: T, changed: object) =>
      new Proxy(of, { get: (target, name) => Reflect.get(Reflect.has(changed, name) ? changed : target, name) });
    gpu.requestAdapter = async (options) => {
      const adapter = await request(options);
      if (!adapter) return null;
      const info = { vendor: 'acme', architecture: 'road', device: '', description: 'Runner 1' };
      const features = new Set([...adapter.features].filter((feature) => feature !== 'subgroups'));
      const requestDevice = adapter.requestDevice.bind(adapter);
      Object.defineProperties(adapter, {
        info: { value: { ...info, isFallbackAdapter: false } },
        features: { value: features },
        requestDevice: {
          value: async (wanted: GPUDeviceDescriptor) => {
            const device = await requestDevice(wanted);
            const limits = instead(device.limits, { maxComputeInvocationsPerWorkgroup: 128 });
            return Object.defineProperty(device, 'limits', { value: limits });
          },
        },
      });
      return adapter;
    };
  };
  await page.route(/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${pretend})();\n${await response.text()}` });
  });
}

/** The value at a key of the database of idb-keyval, after storing `stored` if it is given. */
const keyValue = (page: Page, key: string, stored?: unknown) =>
  page.evaluate(
    async ([at, value]) => {
      const request = indexedDB.open('keyval-store');
      request.onupgradeneeded = () => request.result.createObjectStore('keyval');
      await new Promise((resolve) => {
        request.onsuccess = resolve;
      });
      const store = request.result.transaction('keyval', 'readwrite').objectStore('keyval');
      if (value) store.put(value, String(at));
      const found = store.get(String(at));
      await new Promise((resolve) => {
        store.transaction.oncomplete = resolve;
      });
      request.result.close();
      return found.result;
    },
    [key, stored] as const,
  );

test('the stored choice, and the kernel being timed when the page closed, are found where earlier versions stored them', async ({
  page,
}) => {
  // Large problems are sized for GPUs: on a busy CPU each takes about a minute, which delays the next visit.
  test.setTimeout(15 * 60_000);
  const timeout = 5 * 60_000;
  const key = 'tuning of acme road Runner 1';
  await pretendHardware(page);
  // An image of the same origin, so that no database is open yet.
  await page.goto('./icon.svg');
  // The format of earlier versions, which do not record the kernel version.
  await keyValue(page, key, { 'product small': 'registers', 'product large': 'workgroup 128×64×16' });
  await page.goto('./#/device');
  await expect
    .poll(() => keyValue(page, key), { timeout })
    .toMatchObject({ 'product small': { choice: 'registers', lost: [] }, 'product large': { lost: ['registers'] } });
  await page.reload();
  await expect
    .poll(() => keyValue(page, key), { timeout })
    .toMatchObject({
      'attention small': { choice: expect.stringMatching(/^(rows|split|quads)$/), lost: [] },
      'attention large': { lost: ['rows'] },
    });
  await page.reload();
  const adapter = page.getByRole('region', { name: 'Adapter' });
  await expect(adapter.getByRole('heading', { name: 'Runner 1' })).toBeVisible({ timeout });
  await expect(adapter).toContainText('at an earlier visit');
  await expect(adapter).toContainText('registers (product large), rows (attention large)');
  await adapter.getByRole('button', { name: 'Time the kernels again' }).click();
  await expect(adapter.getByText('Done. The kernels above are used from now on.')).toBeVisible({ timeout });
  await expect(adapter).toContainText('timed on this adapter just now');
});
