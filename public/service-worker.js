// Caches the page for offline use: every file of one build, all or none, so that versions never mix.
// The build fills in the two lines below; another build is another service worker, which the browser then installs
// beside this one. It takes over when no tab of the old version is open, or when the user asks for it.
const VERSION = 'development';
const FILES = [];

const ours = 'rmt-playground';
const CACHE = `${ours}-${VERSION}`;
const home = new URL('./', self.location.href).href;

/** Files with a hash in their name never change; the server is asked for the newest version of all others. @param {string} path */
const request = (path) =>
  new Request(new URL(path, home), { cache: path.startsWith('assets/') ? 'default' : 'no-cache' });

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map(request));
}

/** An open tab may still request a part of the previous version, which is therefore kept until the next update. */
async function takeOver() {
  const others = (await caches.keys()).filter((name) => name.startsWith(ours) && name !== CACHE);
  for (const name of others.slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

/** @param {Request} asked */
async function answer(asked) {
  const url = asked.url.split(/[?#]/)[0].replace(/\/index\.html$/, '/');
  const cache = await caches.open(CACHE);
  const kept = (await cache.match(url)) ?? (url.startsWith(`${home}assets/`) ? await caches.match(url) : undefined);
  return kept ?? fetch(asked);
}

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('message', ({ data }) => data === 'take over' && self.skipWaiting());
self.addEventListener('fetch', (event) => {
  const { request: asked } = event;
  if (asked.method === 'GET' && asked.url.startsWith(home)) event.respondWith(answer(asked));
});
