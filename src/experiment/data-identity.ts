// The identity of the user's data: a run resumes only with the data it began with, whatever the file is called.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { bytesSource, fileSource, pieceSize, type TextSource } from '../io/text-source.ts';
import type { Materials } from './materials.ts';

/**
 * What the user's data is for: the command line's options have the same names. A tokenizer is in the checkpoint itself.
 */
export type DataRole = Exclude<keyof Materials, 'tokenizer'>;
export const dataRoles: readonly DataRole[] = ['noise', 'text', 'stories', 'articles', 'labels'];

const identitySchema = v.object({
  name: v.string(),
  /** Bytes; of a noise text, in UTF-8. */
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** SHA-256 of the SHA-256 of each MiB, in hexadecimal: files of any size are hashed in pieces. */
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type DataIdentity = v.InferOutput<typeof identitySchema>;
export type DataIdentities = Readonly<Partial<Record<DataRole, DataIdentity>>>;

const identitiesSchema = v.object({
  noise: v.optional(identitySchema),
  text: v.optional(identitySchema),
  stories: v.optional(identitySchema),
  articles: v.optional(identitySchema),
  labels: v.optional(identitySchema),
});

/** The identities in a checkpoint's metadata. @throws InputError if they are something else */
export function parseIdentities(found: unknown, where: string): DataIdentities {
  const parsed = v.safeParse(identitiesSchema, found);
  if (!parsed.success) {
    const path = parsed.issues[0].path?.map(({ key }) => String(key)).join('.');
    throw new InputError(path ? `${where}.${path}` : where, parsed.issues[0].received, 'a name, a size and a hash');
  }
  return parsed.output as DataIdentities;
}

async function blockOf(source: TextSource, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const block = new Uint8Array(to - from);
  let at = 0;
  for await (const piece of source.open(from, to)) {
    block.set(piece, at);
    at += piece.length;
  }
  return block.subarray(0, at);
}

async function hashOf(source: TextSource): Promise<string> {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < source.size; at += pieceSize) {
    const block = await blockOf(source, at, Math.min(source.size, at + pieceSize));
    digests.push(new Uint8Array(await crypto.subtle.digest('SHA-256', block)));
  }
  const all = new Uint8Array(32 * digests.length);
  for (const [k, digest] of digests.entries()) all.set(digest, 32 * k);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The identity of a file's bytes. */
export const identityOfBytes = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<DataIdentity> => ({
  name,
  size: bytes.length,
  hash: await hashOf(bytesSource(name, bytes)),
});

/** The identity in a checkpoint's metadata of the model that a run started from. @throws InputError if it is something else */
export function parseIdentity(found: unknown, where: string): DataIdentity {
  const parsed = v.safeParse(identitySchema, found);
  if (!parsed.success) throw new InputError(where, parsed.issues[0].received, 'a name, a size and a hash');
  return parsed.output;
}

/** The identity of everything the user gave; reads each file once. */
export async function identitiesOf(given: Materials): Promise<DataIdentities> {
  const found: Partial<Record<DataRole, DataIdentity>> = {};
  for (const role of dataRoles) {
    const data = given[role];
    if (!data) continue;
    const source =
      'text' in data && typeof data.text === 'string'
        ? bytesSource(data.name, new TextEncoder().encode(data.text))
        : 'open' in data
          ? data
          : fileSource(data as Parameters<typeof fileSource>[0], data.name);
    found[role] = { name: data.name, size: source.size, hash: await hashOf(source) };
  }
  return found;
}

const shown = ({ name, size, hash }: DataIdentity) => `'${name}' with ${size} bytes and the hash ${hash.slice(0, 12)}…`;

/** @throws InputError if the data given is not that of the run, naming both; a file may have another name */
export function checkSameData(saved: DataIdentities, given: DataIdentities, where: string): void {
  for (const role of dataRoles) {
    const [was, is] = [saved[role], given[role]];
    if (!was && is)
      throw new InputError(`${where}: ${role}`, shown(is), `no ${role}, because the run was trained without one`);
    if (!was || (is && is.hash === was.hash && is.size === was.size)) continue;
    throw new InputError(
      `${where}: ${role}`,
      is ? shown(is) : `no ${role}`,
      `${shown(was)}, ${is ? 'the data of the run' : 'which the run was trained on, again'}`,
    );
  }
}
