// Keeps the page for use without a network: everything the build refers to, from this folder only.
// Files with a hash in their name never change and are answered from the cache; all else is asked of the server first.
const CACHE = 'rmt-playground';
const home = new URL('./', self.location.href);

/** @param {string} path */
const at = (path) => new URL(path, home).href;

/** The page and, from there on, every file that the build's texts name. */
async function everything() {
  const found = new Set([home.href]);
  const texts = [home.href];
  for (let url = texts.pop(); url !== undefined; url = texts.pop()) {
    const response = await fetch(url);
    if (!response.ok) continue;
    const text = await response.text();
    for (const [path] of text.matchAll(/assets\/[\w.-]+\.(?:js|css)|icon\.svg/g)) add(at(path));
    // A worker or a lazy part may be named without its folder.
    if (url.includes('/assets/'))
      for (const [, name] of text.matchAll(/["'`/]([\w-]+-[\w-]{8}\.(?:js|css))["'`]/g)) add(at(`assets/${name}`));
  }
  function add(url) {
    if (found.has(url)) return;
    found.add(url);
    if (/\.(?:js|css)$/.test(url)) texts.push(url);
  }
  const manifest = at('checkpoints/manifest.json');
  const listed = await fetch(manifest)
    .then(
      (response) => response.json(),
      () => undefined,
    )
    .catch(() => undefined);
  if (Array.isArray(listed?.checkpoints)) {
    found.add(manifest);
    for (const { file } of listed.checkpoints) if (/^[\w.-]+$/.test(file)) found.add(at(`checkpoints/${file}`));
  }
  return found;
}

async function keep() {
  const cache = await caches.open(CACHE);
  const wanted = await everything();
  for (const { url } of await cache.keys()) if (!wanted.has(url)) await cache.delete(url);
  await Promise.all([...wanted].map((url) => cache.add(url).catch(() => {})));
}

self.addEventListener('install', (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const url = request.url.split(/[?#]/)[0];
  if (url.startsWith(at('assets/'))) {
    const known = await cache.match(url);
    if (known) return known;
  }
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(url, response.clone());
    return response;
  } catch (error) {
    const known = await cache.match(url);
    if (known) return known;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(home.href)) event.respondWith(answer(request));
});
