// A document being read: what has been seen, where the visitor looks, and what the model answered.
import type { Command, Event } from '../train/protocol.ts';
import { messageOf } from './address.ts';
import { Latest } from './latest.ts';
import { fileNames } from './materials.ts';
import { measureOf } from './measures.ts';
import { parseRecording, type Recording } from './recording.ts';
import type { SliceTools, State } from './state.ts';
import { StreamLog } from './stream-log.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'stream-start' }>;

export interface Verdict {
  readonly answer: string;
  readonly expected: string;
  /** Of a generative model: words of the answer in all, and those it expected rightly. */
  readonly right?: number | undefined;
  readonly asked?: number | undefined;
}

export interface StreamSlice {
  readonly status: 'idle' | 'starting' | 'playing' | 'paused' | 'ended' | 'failed';
  readonly error: string | undefined;
  readonly log: StreamLog | undefined;
  /** Segments in `log`: changes when it grew. */
  readonly seen: number;
  /** The segment looked at; follows the newest one until the visitor jumps. */
  readonly current: number;
  readonly following: boolean;
  readonly verdict: Verdict | undefined;
  /** What the last start was asked for: when `streamKey` says something else, another stream is due. */
  readonly key: string | undefined;
  /** Set while what is shown was recorded elsewhere: how, on what and when. */
  readonly recorded: Recording['made'] | undefined;
  /** Where nothing can be computed, show a stream that was. */
  showRecording(): Promise<void>;
  start(): Promise<void>;
  /** Go on, or start again after the end. */
  play(): void;
  pause(): void;
  step(): void;
  stop(): void;
  /** What was streamed is out of date: the model has been trained on. */
  forget(): void;
  jump(segment: number): void;
  follow(): void;
  begin(event: Of<'stream-begin'>): void;
  segment(event: Of<'stream-segment'>): void;
  end(event: Of<'stream-end'>): void;
  failed(message: string): void;
  lost(message: string): void;
}

export const defaultSegments = 64;

export function streamSlice({ outside, get, change }: SliceTools<StreamSlice>): StreamSlice {
  const latest = new Latest<Start>(outside.post);
  /** The visitor stopped the stream, or asked for another, while this one was being prepared. */
  let attempts = 0;
  return {
    status: 'idle',
    error: undefined,
    log: undefined,
    seen: 0,
    current: 0,
    following: true,
    verdict: undefined,
    key: undefined,
    recorded: undefined,
    async showRecording() {
      if (get().stream.log) return;
      try {
        const { made, begin, segments, end } = parseRecording(await outside.fetchFile('recorded/detect.json'));
        if (get().device.status !== 'missing' || get().stream.log) return;
        const log = new StreamLog(begin.model, begin.segments, begin.expected);
        for (const segment of segments) log.add(segment);
        const { answer, expected } = end;
        const seen = log.length;
        change({ status: 'ended', log, seen, current: seen - 1, verdict: { answer, expected }, recorded: made });
      } catch (error) {
        change({ status: 'failed', error: messageOf(error) });
      }
    },
    async start() {
      const { experiment, models } = get();
      const settings = experiment.stream;
      const choice = models.resolve(settings.model);
      if (choice === undefined) return;
      const attempt = ++attempts;
      change({ status: 'starting', error: undefined, key: streamKey(get()) });
      try {
        const model = await models.source(choice);
        if (attempt !== attempts) return;
        const { segments, seed } = streamedWith(get(), choice);
        const task = settings.task === undefined ? {} : { task: settings.task };
        const given = models.materials(choice, settings.task ?? models.card(choice)?.task);
        const materials = given ? { materials: given } : {};
        latest.start({ type: 'stream-start', model, ...task, segments, seed, ...materials, attention: true });
      } catch (error) {
        if (attempt === attempts) change({ status: 'failed', error: messageOf(error) });
      }
    },
    play() {
      const { status, start } = get().stream;
      if (status !== 'paused') return void start();
      change({ status: 'playing', following: true });
      outside.post({ type: 'stream-continue' });
    },
    pause() {
      change({ status: 'paused' });
      outside.post({ type: 'stream-pause' });
    },
    step() {
      change({ status: 'paused', following: true });
      outside.post({ type: 'stream-step' });
    },
    stop() {
      attempts++;
      latest.drop();
      outside.post({ type: 'stream-stop' });
      if (get().stream.status === 'starting') change({ status: 'idle' });
    },
    forget: () => change({ key: undefined }),
    jump(segment) {
      const { seen } = get().stream;
      if (seen > 0) change({ current: Math.max(0, Math.min(seen - 1, segment)), following: false });
    },
    follow: () => change({ following: true, current: Math.max(0, get().stream.seen - 1) }),
    begin({ model, segments, expected }) {
      if (!latest.answered()) return;
      if (get().stream.status === 'idle') return outside.post({ type: 'stream-stop' });
      get().generate.clear();
      const log = new StreamLog(model, segments, expected);
      change({ status: 'playing', log, seen: 0, current: 0, following: true, verdict: undefined, error: undefined });
      change({ recorded: undefined });
    },
    segment(event) {
      const { log, following, current } = get().stream;
      if (latest.replacing || !log) return;
      log.add(event);
      change({ seen: log.length, current: following ? event.index : current });
    },
    end({ answer, expected, finished, right, asked }) {
      if (latest.replacing) return;
      change({
        status: finished ? 'ended' : 'idle',
        verdict: finished ? { answer, expected, right, asked } : undefined,
      });
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      change({ status: 'failed', error: message });
    },
    lost(message) {
      const { status, failed } = get().stream;
      if (status === 'starting' || status === 'playing' || status === 'paused') failed(message);
    },
  };
}

/**
 * Segments and seed of the next stream: what was asked for, else what the checkpoint is shown with. A text is as long as it
 * was in training: there is no fact in it that would be carried further.
 */
export function streamedWith(
  { experiment, models }: Pick<State, 'experiment' | 'models'>,
  choice: string | undefined,
): { readonly segments: number; readonly seed: number } {
  const bundled = models.bundled.find(({ file }) => file === choice);
  const card = models.card(choice);
  const task = experiment.stream.task ?? card?.task;
  const isText = task !== undefined && measureOf(task) !== 'classes';
  return {
    segments:
      experiment.stream.segments ?? bundled?.segments ?? (isText ? card?.trainedTo : undefined) ?? defaultSegments,
    seed: experiment.stream.seed ?? bundled?.seed ?? 1,
  };
}

/** Names the stream that the settings ask for; undefined while no model can be had. */
export function streamKey(state: Pick<State, 'experiment' | 'models'>): string | undefined {
  const choice = state.models.resolve(state.experiment.stream.model);
  if (choice === undefined) return undefined;
  const { segments, seed } = streamedWith(state, choice);
  const task = state.experiment.stream.task;
  const materials = state.models.materials(choice, task ?? state.models.card(choice)?.task);
  return [choice, task ?? '', segments, seed, ...fileNames(materials ?? {})].join(' ');
}
