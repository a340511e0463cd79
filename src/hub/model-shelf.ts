// The downloaded models of a browser: which there are, how much of each, and their files. A file is kept in parts, so that
// an interrupted download loses no more than one.
import * as v from 'valibot';
import type { BlobStore } from './blob-store.ts';
import type { HubModel } from './find-model.ts';
import type { KeptFile } from './shelf.ts';

const size = v.pipe(v.number(), v.integer(), v.minValue(0));
const record = v.object({
  id: v.string(),
  revision: v.string(),
  licence: v.optional(v.string()),
  gated: v.boolean(),
  bytes: size,
  files: v.array(v.object({ path: v.string(), size, sha256: v.optional(v.string()), oid: v.optional(v.string()) })),
  /** Every file is complete and its checksum right. */
  isComplete: v.boolean(),
});

export interface KeptModel extends HubModel {
  readonly isComplete: boolean;
  /** Bytes in the browser's storage, fewer than `bytes` after an interruption. */
  readonly stored: number;
}

/** The beginning of the names of everything kept of a model. */
const keyOf = ({ id, revision }: Pick<HubModel, 'id' | 'revision'>) => `${id.replace('/', '--')}@${revision}`;
const recordEnd = '.json';
const pieceSize = 2 ** 20;

export class ModelShelf {
  constructor(private readonly store: BlobStore) {}

  /** The models, by name. Unreadable records are left out. */
  async list(): Promise<readonly KeptModel[]> {
    const sizes = [...(await this.store.sizes())];
    const found: KeptModel[] = [];
    for (const [name] of sizes) {
      if (!name.endsWith(recordEnd) || name.includes('~')) continue;
      const text = await (await this.store.read(name))?.text();
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), record), text);
      if (!parsed.success) continue;
      const { licence, files, ...rest } = parsed.output;
      const stored = sizes
        .filter(([each]) => each.startsWith(`${keyOf(parsed.output)}~`))
        .reduce((sum, [, bytes]) => sum + bytes, 0);
      found.push({ ...rest, licence, files, stored });
    }
    return found.sort((a, b) => a.id.localeCompare(b.id) || a.revision.localeCompare(b.revision));
  }

  /** Note what is being, or has been, downloaded. */
  async note(model: HubModel, isComplete: boolean): Promise<void> {
    const { id, revision, licence, gated, bytes, files } = model;
    const content = JSON.stringify({ id, revision, licence, gated, bytes, files, isComplete });
    await this.store.write(keyOf(model) + recordEnd, new TextEncoder().encode(content));
  }

  /** Do work on a model that no other tab does at the same time; undefined if another one does. */
  alone<T>(model: HubModel, work: () => Promise<T>): Promise<T | undefined> {
    return this.store.alone(keyOf(model), work);
  }

  /** A file, complete or still growing. */
  file(model: HubModel, path: string): KeptFile {
    const { store } = this;
    const start = `${keyOf(model)}~${path}~`;
    const parts = async () => [...(await store.sizes())].filter(([name]) => name.startsWith(start)).sort();
    return {
      size: async () => (await parts()).reduce((sum, [, bytes]) => sum + bytes, 0),
      append: async (bytes) => store.write(start + String((await parts()).length).padStart(5, '0'), bytes),
      async *read() {
        for (const [name] of await parts()) {
          const part = await store.read(name);
          for (let at = 0; part && at < part.size; at += pieceSize)
            yield new Uint8Array(await part.slice(at, at + pieceSize).arrayBuffer());
        }
      },
      async clear() {
        for (const [name] of await parts()) await store.remove(name);
      },
    };
  }

  /**
   * The files of a complete model. They refer to the storage: nothing is read.
   * @throws Error if some of it is gone
   */
  async files(model: HubModel): Promise<readonly File[]> {
    const names = [...(await this.store.sizes()).keys()].sort();
    return Promise.all(
      model.files.map(async ({ path, size: expected }) => {
        const parts = names.filter((name) => name.startsWith(`${keyOf(model)}~${path}~`));
        const blobs = await Promise.all(parts.map((name) => this.store.read(name)));
        const file = new File(
          blobs.filter((blob) => blob !== undefined),
          path,
        );
        if (file.size !== expected)
          throw new Error(`${model.id}: ${path} has ${file.size} bytes (expected ${expected}; download it again)`);
        return file;
      }),
    );
  }

  /** Remove everything kept of a model. */
  async remove(model: Pick<HubModel, 'id' | 'revision'>): Promise<void> {
    const key = keyOf(model);
    for (const name of (await this.store.sizes()).keys())
      if (name === key + recordEnd || name.startsWith(`${key}~`)) await this.store.remove(name);
  }
}
