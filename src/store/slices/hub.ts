// The hub slice: a model is found on the hub, shown with its size and licence, downloaded on request, and kept.
import type { HubModel } from '../../hub/find-model.ts';
import { parseModelName } from '../../hub/model-name.ts';
import type { KeptModel } from '../../hub/model-shelf.ts';
import { sentenceOf } from '../error-text.ts';
import type { SliceTools } from '../state.ts';
import { usualOptions } from './imports.ts';

declare module '../state.ts' {
  interface State {
    readonly hub: HubSlice;
  }
}

/** Before the name of a model of the hub, in a choice. */
export const hubPrefix = 'hub:';
export const choiceOf = ({ id, revision }: Pick<HubModel, 'id' | 'revision'>) =>
  `${hubPrefix}${id}@${revision.slice(0, 12)}`;

export interface HubSlice {
  /** Whether this browser can keep models. */
  readonly isAvailable: boolean;
  /** Whether its panel is open. */
  readonly isShown: boolean;
  show(isShown: boolean): void;
  /** The models in this browser's storage, complete or interrupted. */
  readonly kept: readonly KeptModel[];
  readonly status: 'idle' | 'asking' | 'found' | 'downloading';
  /** What the hub says about the model that was asked for. */
  readonly found: HubModel | undefined;
  readonly progress: { readonly bytes: number; readonly total: number; readonly file: string } | undefined;
  readonly problem: string | undefined;
  /** List what is kept. Sends no request. */
  load(): Promise<void>;
  /**
   * Ask the hub about a model, by OWNER/NAME: the first request of the page to another server.
   * @param token an access token, kept until the page is closed
   */
  ask(name: string, token?: string): Promise<void>;
  /** Download the model that was found, or the rest of one that was interrupted, and import it. */
  download(model?: HubModel): Promise<string | undefined>;
  /** Stop; what arrived is kept. */
  cancel(): void;
  /** Import a kept model. */
  open(model: KeptModel): Promise<string | undefined>;
  remove(model: KeptModel): Promise<void>;
  dismiss(): void;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const isCancelled = (error: unknown) => error instanceof Error && error.name === 'AbortError';

export function hubSlice({ environment, get, change }: SliceTools<HubSlice>): HubSlice {
  const { hub } = environment;
  let token: string | undefined;
  let stopping = new AbortController();
  const serverWithToken = () => ({ ...hub?.server, token }) as NonNullable<typeof hub>['server'];
  const refuse = (problem: string, status: HubSlice['status']) => change({ problem, status, progress: undefined });

  async function fetchAll(model: HubModel): Promise<boolean> {
    if (!hub) return false;
    const { shelf } = hub;
    const present = (await shelf.list()).find((each) => choiceOf(each) === choiceOf(model))?.stored ?? 0;
    const free = await hub.free();
    if (free !== undefined && free < model.bytes - present) {
      refuse(
        `This browser has room for ${megabytes(free)} here, and the model needs ${megabytes(model.bytes - present)} more. Remove a model or a run first.`,
        'found',
      );
      return false;
    }
    stopping = new AbortController();
    const { signal } = stopping;
    const { downloadModel } = await import('../../hub/download.ts');
    const isDone = await shelf.alone(model, async () => {
      await shelf.note(model, false);
      await downloadModel(serverWithToken(), model, (file) => shelf.file(model, file.path), {
        signal,
        progress: (bytes, total, file) => change({ progress: { bytes, total, file } }),
      });
      await shelf.note(model, true);
      return true;
    });
    if (!isDone) refuse('Another tab is downloading this model. Wait until it is done.', 'found');
    return isDone ?? false;
  }

  /** Whether anything is kept of a model; a record of nothing is removed. */
  async function hasArrived(model: HubModel): Promise<boolean> {
    const kept = (await hub?.shelf.list())?.find((each) => choiceOf(each) === choiceOf(model));
    if (kept?.stored === 0) await hub?.shelf.remove(model);
    return (kept?.stored ?? 0) > 0;
  }

  return {
    isAvailable: hub !== undefined,
    isShown: false,
    show(isShown) {
      if (!isShown) get().hub.dismiss();
      change({ isShown });
    },
    kept: [],
    status: 'idle',
    found: undefined,
    progress: undefined,
    problem: undefined,
    async load() {
      // Without storage there is nothing kept.
      change({ kept: (await hub?.shelf.list().catch(() => [])) ?? [] });
      for (const model of get().hub.kept) {
        if (!model.isComplete || get().models.opened(choiceOf(model))) continue;
        const files = await hub?.shelf.files(model).catch(() => undefined);
        // Known before it is imported: without a tokenizer its files are the configuration and the weights.
        const readsText = model.files.some(({ path }) => /^(tokenizer\.json|vocab\.)/.test(path));
        const card = {
          task: undefined,
          knobs: {},
          file: undefined,
          answers: undefined,
          trainedTo: undefined,
          readsText,
        };
        if (files)
          get().models.add(choiceOf(model), {
            name: model.id,
            files,
            card,
            config: undefined,
            options: usualOptions,
          });
      }
    },
    async ask(name, given) {
      if (!hub) return;
      token = given?.trim() || undefined;
      stopping.abort();
      stopping = new AbortController();
      const { signal } = stopping;
      change({ status: 'asking', found: undefined, problem: undefined, progress: undefined });
      try {
        const named = parseModelName(name.trim().replace(/^hub:/, ''));
        const { findModel } = await import('../../hub/find-model.ts');
        const found = await findModel(serverWithToken(), named, signal);
        if (!signal.aborted) change({ status: 'found', found });
      } catch (error) {
        if (!signal.aborted) refuse(sentenceOf(error), 'idle');
      }
    },
    async download(model = get().hub.found) {
      if (!model || get().hub.status === 'downloading') return undefined;
      change({ status: 'downloading', found: model, problem: undefined, progress: undefined });
      let isDone = false;
      try {
        isDone = await fetchAll(model);
      } catch (error) {
        const reason = isCancelled(error) ? 'The download was stopped.' : sentenceOf(error);
        refuse((await hasArrived(model)) ? `${reason} What arrived is kept: Resume continues there.` : reason, 'found');
      }
      await get().hub.load();
      const kept = get().hub.kept.find((each) => choiceOf(each) === choiceOf(model));
      if (!isDone || !kept) return undefined;
      change({ status: 'idle', found: undefined, progress: undefined });
      return get().hub.open(kept);
    },
    cancel() {
      stopping.abort();
      if (get().hub.status === 'asking') change({ status: 'idle' });
    },
    async open(model) {
      const choice = choiceOf(model);
      const opened = get().models.opened(choice);
      if (!opened) {
        change({
          problem: `Some of ${model.id} is missing from this browser's storage. Remove it and download it again.`,
        });
        return undefined;
      }
      const { name, files, options = {} } = opened;
      return get().imports.begin({ choice, name, files }, options);
    },
    async remove(model) {
      await hub?.shelf.remove(model);
      get().models.forget(choiceOf(model));
      await get().hub.load();
    },
    dismiss() {
      stopping.abort();
      change({ status: 'idle', found: undefined, problem: undefined });
    },
  };
}
