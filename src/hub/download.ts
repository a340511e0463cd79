// Downloads a model's files: resumed where they stopped, and kept only if their checksum is the hub's.
import { InputError } from '../errors.ts';
import { type Digest, digestOf, type NewHash, portableHash } from './digest.ts';
import { authorization, contentAddress, type HubModel } from './find-model.ts';
import type { HubFile } from './needed-files.ts';
import { connectionError, explainedFetch, type Hub } from './request.ts';
import type { KeptFile } from './shelf.ts';

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes of all files that are kept so far. */
  readonly progress?: (bytes: number, total: number, file: string) => void;
  readonly newHash?: NewHash;
}

/** Bytes that are kept at once: what a killed process or a closed page may lose. */
const PIECE = 16 * 2 ** 20;
/** Broken connections after which the rest is left for another time. */
const ATTEMPTS = 5;

interface Part {
  readonly hub: Hub;
  readonly model: HubModel;
  readonly file: HubFile;
  readonly kept: KeptFile;
  readonly where: string;
  readonly signal: AbortSignal | undefined;
  readonly advanced: (bytes: number) => void;
}

/** The connection broke; what arrived is kept. */
class BrokenConnection extends Error {}

/** Collects bytes to pieces of a size worth keeping. */
class Pieces {
  private readonly piece: Uint8Array<ArrayBuffer>;
  private filled = 0;
  constructor(
    private readonly kept: KeptFile,
    expected: number,
  ) {
    this.piece = new Uint8Array(Math.min(PIECE, expected));
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const some = bytes.subarray(taken, taken + this.piece.length - this.filled);
      this.piece.set(some, this.filled);
      this.filled += some.length;
      taken += some.length;
      if (this.filled === this.piece.length) await this.keep();
    }
  }

  async keep(): Promise<void> {
    const bytes = this.piece.slice(0, this.filled);
    this.filled = 0;
    if (bytes.length > 0) await this.kept.append(bytes);
  }
}

/**
 * Request the bytes from `from` on and keep them as they arrive.
 * @returns false if the server cannot continue there
 * @throws BrokenConnection; InputError for a refusal
 */
async function receive(part: Part, digest: Digest, from: number): Promise<boolean> {
  const { hub, model, file, kept, where, signal, advanced } = part;
  const response = await explainedFetch(
    hub,
    where,
    model.id,
    signal,
  )(contentAddress(hub, model.id, model.revision, file.path), {
    headers: { ...authorization(hub), ...(from > 0 ? { Range: `bytes=${from}-` } : {}) },
  });
  // Browsers may hide the header from other servers' answers; the checksum has the last word.
  const range = response.headers.get('Content-Range');
  const isContinued = response.status === 206 && (range === null || range.startsWith(`bytes ${from}-`));
  if (response.status === 416 || (from > 0 && !isContinued)) {
    await response.body?.cancel();
    return false;
  }
  const reader = response.body?.getReader();
  const pieces = new Pieces(kept, file.size - from);
  const next = async () => {
    try {
      return await reader?.read();
    } catch (error) {
      await pieces.keep();
      if (signal?.aborted) throw error;
      throw new BrokenConnection(connectionError(where, hub.endpoint, error).message);
    }
  };
  let at = from;
  for (let chunk = await next(); chunk && !chunk.done; chunk = await next()) {
    at += chunk.value.length;
    if (at > file.size) {
      await reader?.cancel();
      await kept.clear();
      throw new InputError(where, `more than ${file.size} bytes`, 'the size that the hub states');
    }
    digest.update(chunk.value);
    await pieces.add(chunk.value);
    advanced(at);
  }
  await pieces.keep();
  if (at < file.size)
    throw new BrokenConnection(`${where}: the connection ended at byte ${at} of ${file.size} (expected all of them)`);
  return true;
}

/** The checksum of what is kept, to be continued. */
async function digestOfKept({ file, kept }: Part, newHash: NewHash): Promise<Digest> {
  if ((await kept.size()) > file.size) await kept.clear();
  const digest = digestOf(file, newHash);
  for await (const bytes of kept.read()) digest.update(bytes);
  return digest;
}

async function downloadFile(part: Part, newHash: NewHash): Promise<void> {
  const { file, kept, where, advanced } = part;
  let digest = await digestOfKept(part, newHash);
  for (let attempts = ATTEMPTS; (await kept.size()) < file.size; attempts--) {
    const from = await kept.size();
    advanced(from);
    try {
      if (await receive(part, digest, from)) break;
      if (attempts <= 1) throw new InputError(where, 'the server refuses the rest', 'the bytes from a position on');
      await kept.clear();
      digest = digestOf(file, newHash);
    } catch (error) {
      // A connection that brought something is worth another attempt.
      const isWorthIt = error instanceof BrokenConnection && attempts > 1 && (await kept.size()) > from;
      if (!isWorthIt) throw error;
    }
  }
  const { found, expected } = digest.result();
  if (found === expected) return;
  await kept.clear();
  throw new InputError(
    where,
    `the downloaded bytes have the checksum ${found.slice(0, 16)}…`,
    `${expected?.slice(0, 16)}…, as the hub states; nothing of this file was kept, so download it again`,
  );
}

/**
 * Download the files of a model, one after the other. What is already kept is checked, not requested again.
 * @param keptAs where a file is kept
 * @throws InputError for a refusal or a wrong checksum; Error for a broken connection: what arrived is kept, and another
 *         call continues there; AbortError if `signal` cancels
 */
export async function downloadModel(
  hub: Hub,
  model: HubModel,
  keptAs: (file: HubFile) => KeptFile,
  { signal, progress, newHash = portableHash }: DownloadOptions = {},
): Promise<void> {
  let done = 0;
  for (const file of model.files) {
    const where = `hub:${model.id}: ${file.path}`;
    const advanced = (bytes: number) => progress?.(done + bytes, model.bytes, file.path);
    await downloadFile({ hub, model, file, kept: keptAs(file), where, signal, advanced }, newHash);
    done += file.size;
    progress?.(done, model.bytes, file.path);
  }
}
