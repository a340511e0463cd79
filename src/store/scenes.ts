// Scenes: addresses with a title and a caption, and how a list of them is written into a link and a file.
import * as v from 'valibot';

/** What somebody is shown at one moment of a lecture. */
export interface Scene {
  /** The part of an address after `#`, with it. */
  readonly address: string;
  readonly title: string;
  readonly caption: string;
}

export const mostScenes = 64;
const longestAddress = 4000;
const longestTitle = 200;
const longestCaption = 1000;
/** Longer lists do not fit into every browser's and every program's addresses. */
export const longestLink = 24_000;

const schema = v.pipe(
  v.array(
    v.object({
      address: v.pipe(v.string(), v.startsWith('#/', 'an address that begins with #/'), v.maxLength(longestAddress)),
      title: v.pipe(v.string(), v.maxLength(longestTitle)),
      caption: v.pipe(v.string(), v.maxLength(longestCaption)),
    }),
  ),
  v.maxLength(mostScenes, `at most ${mostScenes} scenes`),
);

/** Scenes from an unknown value; undefined if it is no list of scenes. */
export function scenesOf(value: unknown): readonly Scene[] | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}

/** Scenes as base64url of UTF-8 JSON, which survives every program that links pass through. */
export function writeScenes(scenes: readonly Scene[]): string {
  const rows = scenes.map(({ address, title, caption }) => [address, title, caption]);
  const bytes = new TextEncoder().encode(JSON.stringify(rows));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The scenes of such a text; undefined if it is none. */
export function readScenes(text: string): readonly Scene[] | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const rows: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!Array.isArray(rows)) return undefined;
    return scenesOf(
      rows.map((row: unknown) => (Array.isArray(row) ? { address: row[0], title: row[1], caption: row[2] } : row)),
    );
  } catch {
    return undefined;
  }
}

const format = 'rmt-playground scenes';

/** A file of scenes, readable and editable by hand. */
export const sceneFile = (scenes: readonly Scene[]): string =>
  `${JSON.stringify({ format, version: 1, scenes }, null, 1)}\n`;

/** @throws Error in a sentence if the text is no such file */
export function parseSceneFile(text: string): readonly Scene[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Error('It is not JSON.');
  }
  const head = v.safeParse(v.object({ format: v.literal(format), scenes: v.unknown() }), read);
  if (!head.success) throw new Error('It is no list of scenes of this page.');
  const result = v.safeParse(schema, head.output.scenes);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(`The entry ${v.getDotPath(issue) ?? 'scenes'} is not valid: ${issue.message}.`);
}

/** The schema of scenes in an address. */
export const scenesInAddress = v.pipe(
  v.string(),
  v.transform(readScenes),
  v.custom<readonly Scene[]>((scenes) => scenes !== undefined, 'a list of scenes, as the page writes it'),
);
