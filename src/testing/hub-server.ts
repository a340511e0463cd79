// A server that speaks the hub's addresses, for tests: a model's facts, its list of files, and their content by range;
// with connections that break, spoilt bytes, and gated models.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedModel {
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly licence?: string;
  readonly isGated?: boolean;
}

interface Asked {
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const token = 'hf_test';
const revision = 'c'.repeat(40);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const hexOf = (kind: string, ...parts: (string | Uint8Array)[]) => {
  const hash = createHash(kind);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** The hub's answers, and what goes wrong with them. */
export class FakeHub {
  /** Path and range of every request. */
  readonly asked: string[] = [];
  /** Bytes after which the next answers' content breaks off, in turn. */
  cuts: number[] = [];
  /** Every request after this many fails to connect. */
  connections = Number.POSITIVE_INFINITY;
  /** Changes a byte of every weight file. */
  isSpoilt = false;
  /** Answers requests for a part with everything. */
  ignoresRanges = false;

  static readonly token = token;
  static readonly revision = revision;

  constructor(readonly models: Readonly<Record<string, ServedModel>>) {}

  /** @returns undefined for a connection that fails */
  answer({ path, headers }: Asked): Answer | undefined {
    const range = String(headers['range'] ?? '');
    this.asked.push(range ? `${path} ${range}` : path);
    if (this.asked.length > this.connections) return undefined;
    const json = (value: unknown, status = 200, more: Record<string, string> = {}): Answer => ({
      status,
      headers: { 'content-type': 'application/json', ...more },
      body: bytesOf(JSON.stringify(value)),
    });
    const { pathname } = new URL(path, 'http://hub');
    const admitted = headers['authorization'] === `Bearer ${token}`;
    for (const [id, model] of Object.entries(this.models)) {
      const { licence } = model;
      if (pathname === `/api/models/${id}/revision/main`)
        return json({
          _id: '1',
          id,
          sha: revision,
          gated: model.isGated ? 'manual' : false,
          ...(licence ? { cardData: { license: licence } } : {}),
          lastModified: '2024-01-01T00:00:00Z',
        });
      if (pathname.startsWith(`/api/models/${id}/revision/`))
        return json({ error: 'Invalid rev id' }, 404, { 'x-error-code': 'RevisionNotFound' });
      if (pathname === `/api/models/${id}/tree/${revision}`)
        return json(
          Object.entries(model.files).map(([name, bytes]) => ({
            type: 'file',
            path: name,
            size: bytes.length,
            oid: hexOf('sha1', `blob ${bytes.length}\0`, bytes),
            ...(/\.(safetensors|bin)$/.test(name)
              ? { lfs: { oid: hexOf('sha256', bytes), size: bytes.length, pointerSize: 134 } }
              : {}),
          })),
        );
      const file = pathname.startsWith(`/${id}/resolve/${revision}/`) && model.files[pathname.split('/').at(-1) ?? ''];
      if (!file) continue;
      if (model.isGated && !admitted) return json({ error: 'gated' }, 401, { 'x-error-code': 'GatedRepo' });
      return this.content(file, range, /\.(safetensors|bin)/.test(pathname));
    }
    return json({ error: 'Repository not found' }, admitted ? 404 : 401, { 'x-error-code': 'RepoNotFound' });
  }

  private content(file: Uint8Array<ArrayBuffer>, range: string, isLarge: boolean): Answer {
    const from = this.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    if (from >= file.length && from > 0) return { status: 416, headers: {}, body: new Uint8Array() };
    const body = file.slice(from);
    if (this.isSpoilt && isLarge) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
    if (from > 0) headers['content-range'] = `bytes ${from}-${file.length - 1}/${file.length}`;
    const cut = isLarge ? this.cuts.shift() : undefined;
    return { status: from > 0 ? 206 : 200, headers, body: cut === undefined ? body : body.slice(0, cut) };
  }

  /** Serve on a free port of this machine. A connection that is cut ends before its announced length. */
  async listen(): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
    const server: Server = createServer(({ url = '/', headers }, response) => {
      const before = this.cuts.length;
      const answer = this.answer({ path: url, headers });
      if (!answer) return void response.destroy();
      const isCut = this.cuts.length < before;
      const length = answer.body.length + (isCut ? 1 : 0);
      response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
      if (isCut) response.write(answer.body, () => setImmediate(() => response.destroy()));
      else response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(() => resolve());
        }),
    };
  }
}
