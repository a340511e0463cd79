// The checksum that the hub states for a file, computed as its bytes arrive.
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { HubFile } from './needed-files.ts';

/** A checksum in progress. */
interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Creates a checksum; the platform may have a faster one, but the browser's takes a whole file only. */
export type NewHash = (kind: 'sha1' | 'sha256') => Hash;
export const portableHash: NewHash = (kind) => (kind === 'sha1' ? sha1 : sha256).create();

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export interface Digest {
  update(bytes: Uint8Array): void;
  /** Ends the computation. */
  result(): { readonly found: string; readonly expected: string | undefined };
}

/** Files in large-file storage have a SHA-256 of their content, the others the SHA-1 of git's object. */
export function digestOf({ size, sha256: large, oid }: HubFile, newHash: NewHash): Digest {
  const hash = newHash(large === undefined ? 'sha1' : 'sha256');
  if (large === undefined) hash.update(new TextEncoder().encode(`blob ${size}\0`));
  return {
    update: (bytes) => void hash.update(bytes),
    result: () => ({ found: hex(hash.digest()), expected: large ?? oid }),
  };
}
