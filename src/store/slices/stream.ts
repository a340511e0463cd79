// The stream slice: the segments read, the current segment, and the model's answer.

import { writeFacts } from '../../experiment/user-input.ts';
import { writeChanges } from '../../inference/intervention-text.ts';
import type { DocumentRequest, NoiseText, ReportOf, StreamAnswer } from '../../protocol/index.ts';
import { findTask, tasks } from '../../tasks/index.ts';
import { measureOf } from '../../tasks/measures.ts';
import { takesNoise } from '../../tasks/task.ts';
import { sentenceOf } from '../error-text.ts';
import { identityOf } from '../identity.ts';
import { parseRecording, type Recording, type RecordingName } from '../recording.ts';
import type { JobReport, SliceTools, State } from '../state.ts';
import { StreamLog } from './stream-log.ts';

declare module '../state.ts' {
  interface State {
    readonly stream: StreamSlice;
  }
}

export interface Verdict extends StreamAnswer {
  readonly expected: string;
  /** The answer without interventions, if there were any. */
  readonly untouched?: StreamAnswer | undefined;
}

export interface StreamSlice {
  readonly status: 'idle' | 'starting' | 'playing' | 'paused' | 'ended' | 'failed';
  readonly error: string | undefined;
  readonly log: StreamLog | undefined;
  /** Segments in `log`: changes when it grew. */
  readonly seen: number;
  /** The current segment; follows the newest one until the user jumps. */
  readonly current: number;
  readonly following: boolean;
  /** The newest segment that the ribbon has come to while it plays; undefined while it shows all that has been read. */
  readonly playing: number | undefined;
  readonly verdict: Verdict | undefined;
  /** The key of the last start: if `streamKey` differs, a new stream is due. */
  readonly key: string | undefined;
  /** Minimum milliseconds per segment; 0 is as fast as possible. */
  readonly interval: number;
  /** A custom noise text. */
  readonly noise: NoiseText | undefined;
  /** Counts changes of the noise text, to distinguish texts without comparing them. */
  readonly noiseVersion: number;
  setInterval(interval: number): void;
  setNoise(noise: NoiseText | undefined): void;
  /** Set while a recording is shown: how, where and when it was made. */
  readonly recorded: (Recording['made'] & { readonly name: RecordingName }) | undefined;
  /** Show a recorded stream: at the wish of a person, or for a page without a GPU that shows nothing else. */
  showRecording(name?: RecordingName): Promise<void>;
  /** Read the document of the settings; paused: wait before its first segment. */
  start(paused?: boolean): Promise<void>;
  /** Continue, or start again after the end. */
  play(): void;
  pause(): void;
  step(): void;
  stop(): void;
  /** Mark the stream as outdated: the model has been trained further. */
  forget(): void;
  jump(segment: number): void;
  follow(): void;
  /** Show no document: the chosen model has nothing to read yet. */
  clear(): void;
  /** Show the segment that the address names, where it has been read. */
  settle(): void;
  /** The ribbon has come to a segment, or shows all of them. */
  played(segment: number | undefined): void;
  readonly receive: (report: JobReport<'stream'>) => void;
  lost(message: string): void;
}

/** The answer, once the ribbon has come to it. */
export const shownVerdict = ({ stream }: Pick<State, 'stream'>): Verdict | undefined =>
  stream.playing === undefined ? stream.verdict : undefined;

export const defaultSegments = 64;

export function streamSlice({ environment, jobs, get, change }: SliceTools<StreamSlice>): StreamSlice {
  /** Whether the document shown is that of the last start. */
  let hasBegun = false;
  /** Whether it was started to be read step by step. */
  let isPaused = false;
  /** Whether its text is shown already. */
  let hasDocument = false;
  /** Without the document before it, whose text and answer would be taken for those of another model or setting. */
  const unread = { seen: 0, current: 0, following: true, playing: undefined, verdict: undefined } as const;
  const nothing = { log: undefined, ...unread } as const;
  const fail = (reason: unknown) => {
    const kept = hasBegun && get().stream.seen > 0 ? ' The segments read so far are kept.' : '';
    const error = `The document could not be read. ${sentenceOf(reason)}${kept}`;
    change({ ...(hasBegun ? {} : nothing), status: 'failed', error });
  };
  /** Show a document of which no segment has been read. */
  const show = (log: StreamLog) => {
    get().generate.clear();
    get().look.clear();
    get().attribute.clear();
    get().patch.clear();
    change({ ...unread, log, error: undefined, recorded: undefined });
  };
  const begin = ({ model, segments, expected, ...more }: ReportOf<'stream-begin'>) => {
    const opening = hasDocument ? get().stream.log?.beginning.opening : undefined;
    hasBegun = true;
    show(new StreamLog(model, segments, expected, { ...more, ...(opening ? { opening } : {}) }));
    change({ status: isPaused ? 'paused' : 'playing' });
  };
  return {
    status: 'idle',
    error: undefined,
    log: undefined,
    seen: 0,
    current: 0,
    following: true,
    playing: undefined,
    verdict: undefined,
    key: undefined,
    interval: 0,
    noise: undefined,
    noiseVersion: 0,
    setInterval(interval) {
      change({ interval });
      jobs.pace('stream', interval);
    },
    setNoise: (noise) => change({ noise, noiseVersion: get().stream.noiseVersion + 1 }),
    recorded: undefined,
    async showRecording(wanted) {
      if (get().stream.seen > 0 && wanted === undefined) return;
      const name = wanted ?? 'detect';
      try {
        const bytes = await environment.fetchFile(`recorded/${name}.json`);
        const { made, begin, segments, end } = parseRecording(bytes);
        if (wanted === undefined && (get().device.status !== 'missing' || get().stream.seen > 0)) return;
        jobs.drop('stream');
        const log = new StreamLog(begin.model, begin.segments, begin.expected, begin);
        for (const segment of segments) log.add(segment);
        const { answer, expected } = end;
        const seen = log.length;
        change({
          ...unread,
          status: 'ended',
          log,
          seen,
          current: seen - 1,
          verdict: { answer, expected },
          recorded: { ...made, name },
          // What is set is not due any more: the person asked for something else.
          ...(wanted === undefined ? {} : { key: streamKey(get()) }),
          error: undefined,
        });
      } catch (error) {
        change({ status: 'failed', error: `The recorded stream could not be shown. ${sentenceOf(error)}` });
      }
    },
    async start(paused = false) {
      if (get().models.resolve(get().experiment.stream.model) === undefined) return;
      const id = jobs.reserve('stream');
      hasBegun = false;
      hasDocument = false;
      isPaused = paused;
      change({ status: 'starting', error: undefined, verdict: undefined, key: streamKey(get()) });
      try {
        const request = await documentRequest(get());
        if (!jobs.isCurrent(id) || !request) return;
        const { interval } = get().stream;
        const { changes = [] } = get().experiment.stream;
        jobs.start(id, 'stream', {
          ...request,
          attention: true,
          ...(changes.length > 0 ? { interventions: changes } : {}),
          ...(interval > 0 ? { interval } : {}),
          ...(paused ? { paused } : {}),
        });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    clear() {
      jobs.drop('stream');
      get().generate.clear();
      get().look.clear();
      get().attribute.clear();
      get().patch.clear();
      change({ ...nothing, status: 'idle', error: undefined, recorded: undefined, key: undefined });
    },
    play() {
      const { status, start } = get().stream;
      if (status !== 'paused') return void start();
      change({ status: 'playing', following: true });
      jobs.control('stream', 'continue');
    },
    pause() {
      change({ status: 'paused' });
      jobs.control('stream', 'pause');
    },
    step() {
      change({ status: 'paused', following: true });
      jobs.control('stream', 'step');
    },
    stop() {
      if (get().stream.status !== 'starting') return jobs.control('stream', 'stop');
      jobs.drop('stream');
      change({ ...nothing, status: 'idle' });
    },
    forget: () => change({ key: undefined }),
    jump(segment) {
      const { seen } = get().stream;
      // The address names no segment that is not on show.
      if (get().experiment.stream.at !== undefined) get().experiment.setStream({ at: undefined });
      if (seen > 0) change({ current: Math.max(0, Math.min(seen - 1, segment)), following: false });
    },
    settle() {
      const { at } = get().experiment.stream;
      const { seen, playing } = get().stream;
      if (at === undefined || playing !== undefined || seen < at) return;
      change({ current: at - 1, following: false });
    },
    follow() {
      const { playing, seen } = get().stream;
      if (get().experiment.stream.at !== undefined) get().experiment.setStream({ at: undefined });
      change({ following: true, current: playing ?? Math.max(0, seen - 1) });
    },
    played(playing) {
      const { stream } = get();
      if (playing === stream.playing) return;
      const current = playing ?? Math.max(0, stream.seen - 1);
      change({ playing, ...(stream.following ? { current } : {}) });
      if (playing === undefined && stream.following) get().stream.settle();
    },
    receive(report) {
      switch (report.type) {
        case 'stream-document': {
          const { model, segments, expected, opening } = report;
          hasDocument = true;
          return show(new StreamLog(model, segments, expected, { opening }));
        }
        case 'stream-begin':
          return begin(report);
        case 'stream-segment': {
          const { log, following, playing, current } = get().stream;
          if (!log) return;
          log.add(report);
          return change({ seen: log.length, current: following && playing === undefined ? report.index : current });
        }
        case 'stream-paused':
          return; // the status has already changed
        case 'stream-end': {
          const { finished, type: _, ...verdict } = report;
          change({ status: finished ? 'ended' : 'idle', verdict: finished ? verdict : undefined });
          if (get().stream.following) get().stream.settle();
          return;
        }
        case 'failed':
          // Without an adapter nothing can be read: the device slice says why, and a recording may be shown.
          if (report.adapter !== undefined) return change({ ...nothing, status: 'idle', key: undefined });
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      const { status } = get().stream;
      if (status === 'starting' || status === 'playing' || status === 'paused') fail(message);
    },
  };
}

/**
 * Segments and seed of the next stream: the settings, else the checkpoint's defaults. A text has the length used
 * in training, because it contains no fact to carry further.
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

/**
 * The document and the model of the current settings; undefined while no model is available.
 * @throws Error if the chosen model is unavailable
 */
export async function documentRequest(
  state: Pick<State, 'experiment' | 'models' | 'stream'>,
): Promise<DocumentRequest | undefined> {
  const { experiment, models, stream } = state;
  const { model: wanted, task, facts, question } = experiment.stream;
  const choice = models.resolve(wanted);
  if (choice === undefined) return undefined;
  const model = await models.source(choice);
  const asked = task ?? models.card(choice)?.task;
  const materials = { ...models.materials(choice, asked), ...(readsNoise(asked) ? noiseOf(stream) : {}) };
  return {
    model,
    ...(task === undefined ? {} : { task }),
    ...streamedWith(state, choice),
    ...(Object.keys(materials).length > 0 ? { materials } : {}),
    ...(facts && question !== undefined ? { document: { facts, question } } : {}),
  };
}

const readsNoise = (task: string | undefined) =>
  task !== undefined && Object.hasOwn(tasks, task) && takesNoise(findTask(task));
const noiseOf = ({ noise }: Pick<StreamSlice, 'noise'>) => (noise ? { noise } : {});

/** The key of the stream of the current settings; undefined while there is no model, or nothing for it to read. */
export function streamKey(state: Pick<State, 'experiment' | 'models' | 'stream'>): string | undefined {
  const choice = state.models.resolve(state.experiment.stream.model);
  if (choice === undefined) return undefined;
  const { segments, seed } = streamedWith(state, choice);
  const task = state.experiment.stream.task;
  const materials = state.models.materials(choice, task ?? state.models.card(choice)?.task);
  // A model that reads any text has nothing to read until one is chosen.
  if (task === undefined && state.models.card(choice)?.readsText && !materials) return undefined;
  const { facts, question, changes } = state.experiment.stream;
  const own = facts && question !== undefined ? [writeFacts(facts), question] : [];
  const changed = changes && changes.length > 0 ? [writeChanges(changes)] : [];
  const { noise, noiseVersion } = state.stream;
  const read = noise ? [`noise ${noiseVersion}`] : [];
  const files = [materials?.text, materials?.stories, materials?.articles, materials?.labels].flatMap((file) =>
    file ? [`${file.name} ${identityOf(file)}`] : [],
  );
  const model = state.models.identity(choice);
  return [model, task ?? '', segments, seed, ...files, ...own, ...changed, ...read].join(' ');
}
