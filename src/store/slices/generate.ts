// A generative model going on with a text: what it was given, what it wrote, and how that is judged.
import type { Command, Event } from '../../protocol/index.ts';
import { messageOf } from '../address.ts';
import { Latest } from '../latest.ts';
import type { SliceTools } from '../state.ts';
import { streamedWith } from './stream.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'generate-start' }>;

export interface WritingSettings {
  /** Empty: the beginning of the document streamed. */
  readonly prompt: string;
  readonly words: number;
  /** 0 takes the likeliest word each time. */
  readonly temperature: number;
  readonly seed: number;
}

/** A text as far as it is written. */
export interface Writing {
  readonly prompt: readonly string[];
  /** What stood there in the document, if it is one. */
  readonly expected: readonly string[];
  readonly segmentSize: number;
  readonly words: readonly { readonly word: string; readonly probability: number }[];
  readonly judgement: Of<'generate-end'>['judgement'];
}

export interface GenerateSlice {
  readonly status: 'idle' | 'starting' | 'writing' | 'ended' | 'stopped' | 'failed';
  readonly error: string | undefined;
  readonly settings: WritingSettings;
  readonly writing: Writing | undefined;
  set(part: Partial<WritingSettings>): void;
  start(): Promise<void>;
  stop(): void;
  /** Forget what was written: another document, or another model, is on show. */
  clear(): void;
  begin(event: Of<'generate-begin'>): void;
  word(event: Of<'generate-word'>): void;
  end(event: Of<'generate-end'>): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function generateSlice({ outside, get, change }: SliceTools<GenerateSlice>): GenerateSlice {
  const latest = new Latest<Start>(outside.post);
  let attempts = 0;
  return {
    status: 'idle',
    error: undefined,
    settings: { prompt: '', words: 24, temperature: 0, seed: 1 },
    writing: undefined,
    set: (part) => change({ settings: { ...get().generate.settings, ...part } }),
    async start() {
      const { experiment, models } = get();
      const { task } = experiment.stream;
      const choice = models.resolve(experiment.stream.model);
      if (choice === undefined) return;
      const attempt = ++attempts;
      change({ status: 'starting', error: undefined });
      try {
        const model = await models.source(choice);
        if (attempt !== attempts) return;
        const { prompt, ...settings } = get().generate.settings;
        const document = streamedWith(get(), choice);
        const materials = models.materials(choice, task ?? models.card(choice)?.task);
        latest.start({
          type: 'generate-start',
          model,
          ...settings,
          // The same document as the one streamed, to begin with.
          ...(prompt === '' ? document : { prompt }),
          ...(task === undefined ? {} : { task }),
          ...(materials ? { materials } : {}),
        });
      } catch (error) {
        if (attempt === attempts) change({ status: 'failed', error: messageOf(error) });
      }
    },
    stop() {
      attempts++;
      latest.drop();
      outside.post({ type: 'generate-stop' });
      if (get().generate.status === 'starting') change({ status: 'idle' });
    },
    clear() {
      const { status, writing } = get().generate;
      if (status !== 'starting' && status !== 'writing' && (writing || status !== 'idle'))
        change({ status: 'idle', writing: undefined, error: undefined });
    },
    begin({ model, prompt, expected }) {
      if (!latest.answered()) return;
      if (get().generate.status === 'idle') return outside.post({ type: 'generate-stop' });
      const { segmentSize } = model;
      change({ status: 'writing', writing: { prompt, expected, segmentSize, words: [], judgement: undefined } });
    },
    word({ word, probability }) {
      const { writing } = get().generate;
      if (latest.replacing || !writing) return;
      change({ writing: { ...writing, words: [...writing.words, { word, probability }] } });
    },
    end({ finished, judgement }) {
      const { writing } = get().generate;
      if (latest.replacing) return;
      change({ status: finished ? 'ended' : 'stopped', ...(writing ? { writing: { ...writing, judgement } } : {}) });
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      change({ status: 'failed', error: message });
    },
    lost(message) {
      const { status, failed } = get().generate;
      if (status === 'starting' || status === 'writing') failed(message);
    },
  };
}
