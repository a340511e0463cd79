// A request to the hub, and what its refusals mean.
import { InputError } from '../errors.ts';

/** The hub, and how it is reached. */
export interface Hub {
  /** Without a slash at its end: https://huggingface.co, or a mirror. */
  readonly endpoint: string;
  /** An access token; needed for gated and private models only. */
  readonly token?: string | undefined;
  readonly fetch: typeof fetch;
}

export const publicEndpoint = 'https://huggingface.co';

/** What a response that is no success means. */
function refusal({ endpoint, token }: Hub, where: string, id: string, { status, headers }: Response): Error {
  const code = headers.get('X-Error-Code');
  if (status === 403 || (status === 401 && code === 'GatedRepo'))
    return new InputError(
      where,
      token
        ? `the hub does not give this token access (status ${status})`
        : `the model is gated: its owner asks for an account (status ${status})`,
      `an access token (HF_TOKEN) of an account that accepted the conditions at ${endpoint}/${id}`,
    );
  if (status === 401 && token)
    return new InputError(where, 'the hub refuses the access token (status 401)', 'a valid token, or none');
  // Without a token the hub answers 401 for models that do not exist, so as not to reveal private ones.
  if (status === 401)
    return new InputError(
      where,
      'no public model of this name (status 401)',
      'an existing name, or an access token (HF_TOKEN) if the model is private',
    );
  if (status === 404)
    return new InputError(
      where,
      code === 'RevisionNotFound' ? 'no such revision (status 404)' : 'nothing of this name on the hub (status 404)',
      'the name of a model and a revision that it has',
    );
  const found = status === 429 ? 'too many requests (status 429)' : `the hub answered with status ${status}`;
  return new Error(`${where}: ${found} (expected the file; try again later)`);
}

/** @throws Error for a connection that failed, unless it was cancelled */
export function connectionError(where: string, endpoint: string, error: unknown): Error {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${where}: no connection to ${endpoint} (${reason}) (expected a connection to the internet)`);
}

/**
 * A `fetch` that fails with an explanation.
 * @param where the model or file in messages
 * @param id    the model's name, for the address of its page
 */
export const explainedFetch =
  (hub: Hub, where: string, id: string, signal?: AbortSignal): typeof fetch =>
  async (address, init) => {
    let response: Response;
    try {
      response = await hub.fetch(address, {
        ...init,
        ...(signal ? { signal } : {}),
        // The hub needs to know neither this page's address nor a cookie.
        referrerPolicy: 'no-referrer',
        credentials: 'omit',
      });
    } catch (error) {
      throw connectionError(where, hub.endpoint, error);
    }
    if (!response.ok && response.status !== 416) {
      await response.body?.cancel();
      throw refusal(hub, where, id, response);
    }
    return response;
  };
