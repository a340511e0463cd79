// What the steps of the tour say about the document on show and the model that reads it.
import { shownVerdict, type Verdict } from '../../store/slices/stream.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import type { State } from '../../store/state.ts';
import { percent } from '../format.ts';
import { sentence } from '../stream/words.ts';

export interface Facts {
  readonly log: StreamLog;
  readonly seen: number;
  /** Memory tokens, and numbers in each. */
  readonly tokens: number;
  readonly width: number;
  /** The fact in words and the number of its segment, from 1; known once that has been read. */
  readonly fact: { readonly text: string; readonly segment: number } | undefined;
  readonly expected: string;
  readonly verdict: Verdict | undefined;
  /** The answer that the model would give after a segment (from 1), with its probability. */
  beliefAfter(segment: number): { readonly answer: string; readonly probability: string } | undefined;
}

/** The sentence of a mark of the document, also before it has been read where the text is known. */
function marked(log: StreamLog, kind: 'fact' | 'question') {
  for (let i = 0; i < log.total; i++) {
    const segment = log.segments[i] ?? log.beginning.opening?.[i];
    const mark = segment?.marks.find((each) => each.kind === kind);
    if (segment && mark)
      return { text: sentence(segment.words.slice(mark.start, mark.end), log.model.pieces), segment: i + 1 };
  }
  return undefined;
}

export function factsOf({ stream }: Pick<State, 'stream'>): Facts | undefined {
  const { log, seen } = stream;
  if (!log) return undefined;
  const { model, expected } = log;
  return {
    ...{ log, seen, expected },
    tokens: model.memTokens,
    width: model.hiddenSize,
    fact: marked(log, 'fact'),
    verdict: shownVerdict({ stream }),
    beliefAfter(segment) {
      const { probabilities } = log.segments[segment - 1] ?? {};
      if (!probabilities) return undefined;
      const best = probabilities.indexOf(Math.max(...probabilities));
      return { answer: model.classes[best] ?? '', probability: percent(probabilities[best] ?? 0) };
    },
  };
}
