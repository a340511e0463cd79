// Downloads on the command line: from the hub of HF_ENDPOINT into the user's cache, where they continue.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { command } from '../testing/cli.ts';
import { FakeHub } from '../testing/hub-server.ts';
import { publishedBert } from '../testing/published-model.ts';
import { download } from './hub.ts';

const weights = Uint8Array.from({ length: 50_000 }, (_, i) => i * 31);
const model = {
  files: { 'config.json': new TextEncoder().encode('{}'), 'model.safetensors': weights },
  licence: 'mit',
};

let server: FakeHub;
let close: () => Promise<void>;
let cache: string;
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'rmt-hub-'));
  server = new FakeHub({ 'someone/tiny': model });
  const listening = await server.listen();
  ({ close } = listening);
  vi.stubEnv('HF_ENDPOINT', `${listening.endpoint}/`);
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('HF_TOKEN', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
  rmSync(cache, { recursive: true });
});

const place = (file: string) => join(cache, 'rmt-playground', 'hub', 'someone--tiny', FakeHub.revision, file);

it('keeps what arrived before an interruption and continues there', async () => {
  server.cuts = [20_000];
  server.connections = 4; // facts, list, configuration, and the beginning of the weights
  await expect(download('someone/tiny', true)).rejects.toThrow(/^hub:someone\/tiny: model\.safetensors: no connection/);
  expect(readFileSync(place('model.safetensors')).length).toBe(20_000);
  server.connections = Number.POSITIVE_INFINITY;
  server.asked.length = 0;
  const { files, licence } = await download('someone/tiny', true);
  expect(server.asked.at(-1)).toMatch(/bytes=20000-$/);
  expect(server.asked).toHaveLength(3);
  expect(licence).toBe('mit');
  expect(files.map(({ name, size }) => [name, size])).toEqual([
    ['config.json', 2],
    ['model.safetensors', 50_000],
  ]);
  expect(readFileSync(place('model.safetensors')).equals(weights)).toBe(true);
  expect(existsSync(place('rmt.lock'))).toBe(false);
});

it('checks what is in the cache, and keeps nothing with a wrong checksum', async () => {
  await download('someone/tiny', true);
  writeFileSync(
    place('model.safetensors'),
    weights.map((byte) => byte ^ 1),
  );
  await expect(download('someone/tiny', true)).rejects.toThrow(/checksum/);
  expect(existsSync(place('model.safetensors'))).toBe(false);
  await download('someone/tiny', true);
});

it('imports a model of the hub by its name', async () => {
  await close();
  server = new FakeHub({ 'someone/tiny': { files: publishedBert(), licence: 'mit' } });
  const listening = await server.listen();
  ({ close } = listening);
  vi.stubEnv('HF_ENDPOINT', listening.endpoint);
  const out = join(cache, 'tiny.safetensors');
  const words = ['import', 'hub:someone/tiny', '--memory', '2', '--segment-size', '5', '--out', out, '--json'];
  const { status, stdout } = await command(words);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ model: 'rmt-bert', config: { num_mem_tokens: 2 } });
  expect(existsSync(out)).toBe(true);
  for (const [name, message] of [
    ['hub:../tiny', "hub: '../tiny'"],
    ['tiny', "import: --from: no 'tiny'"],
    ['hub:someone/none', 'hub:someone/none: no public model of this name'],
  ] as const) {
    const refused = await command(['import', name, '--out', join(cache, 'none.safetensors')]);
    expect(refused.status).toBe(2);
    expect(refused.errors.join()).toContain(message);
  }
  expect(existsSync(join(cache, 'none.safetensors'))).toBe(false);
});

it('refuses a path, and an endpoint that is no address', async () => {
  await expect(download('../tiny', true)).rejects.toThrow(/^hub: '\.\.\/tiny'/);
  vi.stubEnv('HF_ENDPOINT', 'huggingface.co');
  await expect(download('someone/tiny', true)).rejects.toThrow("HF_ENDPOINT: 'huggingface.co' (expected an address");
  expect(server.asked).toEqual([]);
});
