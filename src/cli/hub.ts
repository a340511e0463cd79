// Models of the hub on the command line: downloaded into the user's cache, where an interrupted download continues.
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { downloadModel } from '../hub/download.ts';
import { findModel, type HubModel } from '../hub/find-model.ts';
import { parseModelName } from '../hub/model-name.ts';
import { type Hub, publicEndpoint } from '../hub/request.ts';
import type { KeptFile } from '../hub/shelf.ts';
import { nodeSource } from '../io/node-text-source.ts';
import type { TextSource } from '../io/text-source.ts';
import { lockFolder } from './lock.ts';
import { Progress } from './progress.ts';

export const hubPrefix = 'hub:';

/** @throws InputError if HF_ENDPOINT is no web address */
function endpoint(): string {
  const given = process.env['HF_ENDPOINT'] || publicEndpoint;
  if (!/^https?:\/\/[^/\s]+/.test(given)) throw new InputError('HF_ENDPOINT', `'${given}'`, 'an address, https://…');
  return given.replace(/\/+$/, '');
}

/** A file that grows by appending. */
function growing(file: string): KeptFile {
  return {
    size: async () => (await fs.stat(file).catch(() => undefined))?.size ?? 0,
    async append(bytes) {
      const handle = await fs.open(file, 'a');
      try {
        await handle.appendFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    async *read() {
      const size = (await fs.stat(file).catch(() => undefined))?.size ?? 0;
      if (size > 0) yield* (await nodeSource(fs, file)).open();
    },
    clear: async () => rmSync(file, { force: true }),
  };
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** A downloaded model. */
export interface Downloaded extends Pick<HubModel, 'id' | 'revision' | 'licence'> {
  readonly files: readonly TextSource[];
}

/**
 * Download a model of the hub, or what is missing of it in the user's cache. HF_ENDPOINT names another hub, HF_TOKEN an
 * access token. Size and licence are printed before the download, then progress in bytes.
 * @param named OWNER/NAME, optionally @REVISION
 * @throws InputError for a wrong name, a refusal or a wrong checksum; Error without a connection: what arrived is kept
 */
export async function download(named: string, quiet: boolean): Promise<Downloaded> {
  const hub: Hub = { endpoint: endpoint(), token: process.env['HF_TOKEN'] || undefined, fetch };
  const model = await findModel(hub, parseModelName(named));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rmt-playground', 'hub');
  const folder = join(cache, model.id.replace('/', '--'), model.revision);
  mkdirSync(folder, { recursive: true });
  const progress = new Progress(quiet);
  progress.print(
    `${hubPrefix}${model.id}: licence ${model.licence ?? 'not stated'}, ${megabytes(model.bytes)} in ${model.files.length} files, revision ${model.revision.slice(0, 12)}`,
  );
  const placeOf = ({ path }: { readonly path: string }) => join(folder, path);
  const lock = lockFolder(`${hubPrefix}${model.id}`, folder, 'this download');
  try {
    await downloadModel(hub, model, (file) => growing(placeOf(file)), {
      newHash: (kind) => createHash(kind),
      progress: (done, total, file) =>
        progress.show(done / Math.max(1, total), `${megabytes(done)} of ${megabytes(total)} · ${file}`),
    });
  } finally {
    progress.end();
    lock.release();
  }
  const files = await Promise.all(model.files.map((file) => nodeSource(fs, placeOf(file))));
  return { id: model.id, revision: model.revision, licence: model.licence, files };
}
