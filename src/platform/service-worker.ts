// Registers the service worker that keeps the built page, and tells when everything is kept or a newer version waits.
import type { OfflineSlice } from '../store/slices/offline.ts';

export async function keepPage(found: OfflineSlice['found']): Promise<void> {
  const workers = navigator.serviceWorker;
  const registration = await workers.register(`${import.meta.env.BASE_URL}service-worker.js`);
  const newer = () => {
    const { waiting } = registration;
    // The first version has nothing to replace.
    if (!waiting || !registration.active) return;
    found({
      update() {
        workers.addEventListener('controllerchange', () => window.location.reload(), { once: true });
        waiting.postMessage('take over');
      },
    });
  };
  newer();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', newer);
  });
  await workers.ready;
  found({ kept: true });
}
