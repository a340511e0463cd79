// Registers the service worker that caches the built page, and reports when caching is complete or a newer version is ready.
import type { OfflineSlice } from '../store/slices/offline.ts';

export async function cachePage(found: OfflineSlice['found']): Promise<void> {
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
