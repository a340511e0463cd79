// What the build adds to the page: its Content-Security-Policy, and the service worker's list of files.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'vite';

/**
 * The servers of the Hugging Face hub from which a person may download a model: the hub itself, and those it redirects
 * downloads to (https://huggingface.co/.well-known/meta.json; the regional names of its network vary, so the last is any
 * of them).
 */
const hub = [
  'https://huggingface.co',
  'https://cdn-lfs.hf.co',
  'https://cdn-lfs-us-1.hf.co',
  'https://cdn-lfs-eu-1.hf.co',
  'https://*.cdn.hf.co',
];

/**
 * Everything else comes from the page's own server; no inline script or style, no eval, no forms, no frames, no plug-ins.
 * blob: and data: are for pictures that the page itself creates.
 */
const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  `connect-src 'self' ${hub.join(' ')}`,
  "worker-src 'self'",
  "object-src 'none'",
  "frame-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ');

/** In the built page only: vite's development server needs inline scripts and styles of its own. */
export const contentSecurityPolicy = (): Plugin => ({
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll('\\', '/'))
    .sort();

/** Writes into the service worker the list of files, and a version that changes with any of them. */
export function serviceWorkerFiles(): Plugin {
  let folder = '';
  return {
    name: 'service-worker-files',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: {
      order: 'post',
      handler() {
        const worker = join(folder, 'service-worker.js');
        const files = filesIn(folder).filter((file) => file !== 'service-worker.js');
        const source = readFileSync(worker, 'utf8');
        const hash = createHash('sha256').update(source);
        for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
        // The page itself is requested as its folder.
        const paths = files.map((file) => (file === 'index.html' ? './' : file));
        const filled = source
          .replace("const VERSION = 'development';", `const VERSION = '${hash.digest('hex').slice(0, 16)}';`)
          .replace('const FILES = [];', `const FILES = ${JSON.stringify(paths)};`);
        if (filled.includes("'development'") || filled.includes('FILES = [];'))
          throw new Error('service-worker.js: VERSION or FILES could not be filled in');
        writeFileSync(worker, filled);
      },
    },
  };
}
