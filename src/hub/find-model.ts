// What the hub says about a model before anything is downloaded: its revision, licence, and the files that are needed.
import { listFiles, modelInfo } from '@huggingface/hub';
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import type { ModelName } from './model-name.ts';
import { type HubFile, neededFiles } from './needed-files.ts';
import { explainedFetch, type Hub } from './request.ts';

/** A model as it is downloaded. */
export interface HubModel {
  readonly id: string;
  /** The commit, so that all files belong together. */
  readonly revision: string;
  /** As its owner states it; undefined if not stated. */
  readonly licence: string | undefined;
  /** The hub gives its files only to accounts that its owner admits. */
  readonly gated: boolean;
  readonly files: readonly HubFile[];
  /** The size of all these files together. */
  readonly bytes: number;
}

const info = v.object({
  name: v.string(),
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40,64}$/)),
  gated: v.optional(v.union([v.boolean(), v.string()]), false),
  cardData: v.optional(
    v.object({
      license: v.optional(v.union([v.string(), v.array(v.string())])),
      license_name: v.optional(v.string()),
    }),
  ),
  tags: v.optional(v.array(v.string()), []),
});
const listed = v.object({
  path: v.string(),
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  oid: v.optional(v.string()),
  lfs: v.optional(v.object({ oid: v.pipe(v.string(), v.regex(/^(sha256:)?[0-9a-f]{64}$/)) })),
});

function licenceOf({ cardData, tags }: v.InferOutput<typeof info>): string | undefined {
  const stated = cardData?.license;
  if (stated === 'other' && cardData?.license_name) return cardData.license_name;
  if (stated !== undefined) return typeof stated === 'string' ? stated : stated.join(', ');
  return tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
}

function parsed<S extends v.GenericSchema>(schema: S, value: unknown, where: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new InputError(where, `an answer without a valid ${v.getDotPath(issue) ?? 'content'}`, 'the answer of a hub');
}

/** The address of a file's content. */
export const contentAddress = ({ endpoint }: Hub, id: string, revision: string, path: string): string =>
  `${endpoint}/${id}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`;

export const authorization = ({ token }: Hub): Record<string, string> =>
  token ? { Authorization: `Bearer ${token}` } : {};

/**
 * Ask the hub about a model. Nothing is downloaded but the index of its shards, if it has one.
 * @throws InputError if there is no such model, it is gated, or has no readable weights; Error without a connection
 */
export async function findModel(hub: Hub, { id, revision }: ModelName, signal?: AbortSignal): Promise<HubModel> {
  const where = `hub:${id}`;
  const fetch = explainedFetch(hub, where, id, signal);
  const access = { hubUrl: hub.endpoint, fetch, ...(hub.token ? { accessToken: hub.token } : {}) };
  const fields: ('sha' | 'cardData' | 'tags')[] = ['sha', 'cardData', 'tags'];
  const about = parsed(info, await modelInfo({ name: id, revision, additionalFields: fields, ...access }), where);
  const listing: HubFile[] = [];
  for await (const entry of listFiles({ repo: { type: 'model', name: about.name }, revision: about.sha, ...access })) {
    if (entry.type !== 'file') continue;
    const { path, size, oid, lfs } = parsed(listed, entry, where);
    listing.push({ path, size, ...(lfs ? { sha256: lfs.oid.replace('sha256:', '') } : { oid }) });
  }
  const readJson = async ({ path }: HubFile): Promise<unknown> => {
    const response = await fetch(contentAddress(hub, about.name, about.sha, path), { headers: authorization(hub) });
    return response.json().catch(() => undefined);
  };
  const files = await neededFiles(listing, readJson, where);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const gated = about.gated !== false;
  return { id: about.name, revision: about.sha, licence: licenceOf(about), gated, files, bytes };
}
