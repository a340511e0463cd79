// Renders a part of the page in a component test with a plain store: commands are recorded, events are replayed.
import { act, cleanup, configure, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { expect, onTestFinished, vi } from 'vitest';
import type { Command, Event, JobId, JobKind, Report, RequestOf } from '../protocol/index.ts';
import { memoryStorage, Shelf } from '../store/library/storage.ts';
import type { Environment, State } from '../store/state.ts';
import { createPlayground } from '../store/store.ts';
import { PlaygroundProvider } from '../ui/playground.tsx';
import './browser-stubs.ts';
import { softwareDevice } from './events.ts';
import { manifestOf } from './facts.ts';

// A busy machine must not make tests fail.
configure({ asyncUtilTimeout: 60_000 });

/** One job that the page has started. */
export interface AskedJob<K extends JobKind> {
  /** Its request. */
  readonly request: RequestOf<K>;
  /** Its controls since then, in order. */
  readonly controls: readonly string[];
  /** Deliver its reports, as the session would. */
  send(...reports: readonly Report[]): void;
  fail(message: string): void;
}
export interface Page {
  readonly user: ReturnType<typeof userEvent.setup>;
  readonly posted: readonly Command[];
  readonly shelf: Shelf;
  state(): State;
  /** The newest job of a kind; fails if the page has not started one. */
  job<K extends JobKind>(kind: K): AskedJob<K>;
  /** The newest job of a kind, once the page has started one. */
  asked<K extends JobKind>(kind: K): Promise<AskedJob<K>>;
  /** Whether the page has started a job of a kind. */
  hasAsked(kind: JobKind): boolean;
  /** Change the store in a way that no control of this part offers. */
  change(work: (state: State) => unknown): Promise<void>;
  loseDevice(message: string): void;
}

interface Setting {
  /** The address's fragment, without #. */
  readonly address?: string;
  /** The state of the adapter; ready by default. */
  readonly device?: 'ready' | 'connecting' | 'refused';
  readonly obstacle?: Environment['obstacle'];
  /** Files of the page's server besides the manifest, by path. */
  readonly files?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly manifest?: unknown;
  /** The initial contents of the browser's storage. */
  readonly shelf?: Shelf;
  readonly storage?: Partial<Environment['runs']>;
  /** The hub; by default there is none. */
  readonly hub?: Environment['hub'];
  /** Notes of the browser; by default none are kept. */
  readonly notes?: Environment['notes'];
}

/** Render a part of the page with its own store. */
export async function renderPage(part: ReactNode, setting: Setting = {}): Promise<Page> {
  // React reports its errors on the console; they fail the test.
  const logged = vi.spyOn(console, 'error');
  onTestFinished(() => {
    cleanup();
    const said = logged.mock.calls.map(String);
    logged.mockRestore();
    expect(said, 'nothing is logged as an error').toEqual([]);
  });
  const posted: Command[] = [];
  const shelf = setting.shelf ?? new Shelf();
  const files: Setting['files'] = {
    'checkpoints/manifest.json': new TextEncoder().encode(JSON.stringify(setting.manifest ?? manifestOf(8))),
    ...setting.files,
  };
  const store = createPlayground({
    post: (command) => void posted.push(command),
    async fetchFile(path) {
      const file = files[path] ?? (path.endsWith('.safetensors') ? Uint8Array.of(1, 2, 3) : undefined);
      if (!file) throw new Error(`${path}: the server answered 404 (expected the file)`);
      return file;
    },
    runs: { ...memoryStorage(shelf), ...setting.storage },
    ...(setting.hub ? { hub: setting.hub } : {}),
    ...(setting.notes ? { notes: setting.notes } : {}),
    obstacle: setting.obstacle,
  });
  const { getState } = store;
  getState().experiment.open(setting.address ?? '');
  getState().device.connect();
  await getState().models.load();
  await getState().runs.load();
  const receive = (id: JobId, reports: readonly Report[]) => {
    for (const report of reports) getState().receive({ ...report, id } as Event);
  };
  /** The index of the newest job of a kind. */
  const startOf = (kind: JobKind) => posted.findLastIndex((each) => each.type === 'start' && each.kind === kind);
  const device = setting.device ?? 'ready';
  const connect = posted[startOf('connect')]?.id ?? 0;
  if (device === 'ready' && !setting.obstacle) receive(connect, [{ type: 'device', ...softwareDevice }]);
  if (device === 'refused')
    receive(connect, [
      { type: 'failed', during: 'connect', message: 'adapter: none', status: 1, adapter: 'no-adapter' },
    ]);
  render(<PlaygroundProvider store={store}>{part}</PlaygroundProvider>);
  // Let the effects of the first render run.
  await act(async () => {});

  const page: Page = {
    user: userEvent.setup({ delay: null }),
    posted,
    shelf,
    state: getState,
    hasAsked: (kind) => startOf(kind) >= 0,
    job<K extends JobKind>(kind: K): AskedJob<K> {
      const start = posted[startOf(kind)];
      if (start?.type !== 'start') {
        const kinds = posted.flatMap((each) => (each.type === 'start' ? [each.kind] : []));
        expect.fail(`no ${kind} job was started, only [${kinds.join(', ')}]`);
      }
      const { id, request } = start;
      return {
        request: request as RequestOf<K>,
        get controls() {
          return posted.flatMap((each) => (each.id === id && each.type !== 'start' ? [each.type] : []));
        },
        send: (...reports) => act(() => receive(id, reports)),
        fail: (message) => act(() => receive(id, [{ type: 'failed', during: kind, message, status: 2 }])),
      };
    },
    asked: (kind) => waitFor(() => page.job(kind)),
    change: (work) =>
      act(async () => {
        await work(getState());
      }),
    loseDevice: (message) => act(() => receive(0, [{ type: 'device-lost', message }])),
  };
  return page;
}

/** The button of a name. */
export const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>('button', { name });

/** The control with a label. */
export const field = (label: string | RegExp) => screen.getByLabelText<HTMLInputElement>(label);

/** The text of an element, with single spaces. */
export const textOf = (element: Element | null) => (element?.textContent ?? '').replaceAll(/\s+/g, ' ').trim();

/** The text of the region with that name. */
export const textIn = (name: string | RegExp) => textOf(screen.getByRole('region', { name }));
