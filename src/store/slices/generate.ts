// The generation slice: the prompt, the generated text, and its judgement.
import type { ReportOf } from '../../protocol/index.ts';
import type { PieceStyle } from '../../text/pieces/spelling.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { streamedWith } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly generate: GenerateSlice;
  }
}

export interface WritingSettings {
  /** Empty: the beginning of the streamed document. */
  readonly prompt: string;
  readonly words: number;
  /** 0 takes the most probable word each time. */
  readonly temperature: number;
  readonly seed: number;
}

/** A text being generated. */
export interface Writing {
  readonly prompt: readonly string[];
  /** The document's own continuation, if the prompt is a document. */
  readonly expected: readonly string[];
  readonly segmentSize: number;
  readonly words: readonly {
    readonly word: string;
    readonly token: number | undefined;
    readonly probability: number;
  }[];
  /** How its words are written, if they are pieces of a tokenizer, and the ids of the prompt. */
  readonly pieces: PieceStyle | undefined;
  readonly ids: Int32Array | undefined;
  readonly judgement: ReportOf<'generate-end'>['judgement'];
  /** Words of the prompt that the model does not know. */
  readonly unknown: readonly string[];
}

export interface GenerateSlice {
  readonly status: 'idle' | 'starting' | 'writing' | 'ended' | 'stopped' | 'failed';
  readonly error: string | undefined;
  readonly settings: WritingSettings;
  readonly writing: Writing | undefined;
  set(part: Partial<WritingSettings>): void;
  start(): Promise<void>;
  stop(): void;
  /** Clear the text: another document or model is shown. */
  clear(): void;
  readonly receive: (report: JobReport<'generate'>) => void;
  lost(message: string): void;
}

export function generateSlice({ jobs, get, change }: SliceTools<GenerateSlice>): GenerateSlice {
  const fail = (reason: unknown) =>
    change({ status: 'failed', error: `The text could not be continued. ${sentenceOf(reason)}` });
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
      const id = jobs.reserve('generate');
      change({ status: 'starting', error: undefined, writing: undefined });
      try {
        const model = await models.source(choice);
        const { prompt, ...settings } = get().generate.settings;
        const document = streamedWith(get(), choice);
        const materials = models.materials(choice, task ?? models.card(choice)?.task);
        jobs.start(id, 'generate', {
          model,
          ...settings,
          // By default, the beginning of the streamed document.
          ...(prompt === '' ? document : { prompt }),
          ...(task === undefined ? {} : { task }),
          ...(materials ? { materials } : {}),
        });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      if (get().generate.status !== 'starting') return jobs.control('generate', 'stop');
      jobs.drop('generate');
      change({ status: 'idle' });
    },
    clear() {
      const { status, writing } = get().generate;
      if (status !== 'starting' && status !== 'writing' && (writing || status !== 'idle'))
        change({ status: 'idle', writing: undefined, error: undefined });
    },
    receive(report) {
      const { writing } = get().generate;
      switch (report.type) {
        case 'generate-begin': {
          const { prompt, expected, model, ids, unknown = [] } = report;
          const { segmentSize, pieces } = model;
          const begun = { prompt, expected, segmentSize, pieces, ids, words: [], judgement: undefined, unknown };
          return change({ status: 'writing', writing: begun });
        }
        case 'generate-word': {
          const { word, token, probability } = report;
          return change({
            writing: writing && { ...writing, words: [...writing.words, { word, token, probability }] },
          });
        }
        case 'generate-end': {
          const { finished, judgement } = report;
          return change({ status: finished ? 'ended' : 'stopped', writing: writing && { ...writing, judgement } });
        }
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      const { status } = get().generate;
      if (status === 'starting' || status === 'writing') fail(message);
    },
  };
}
