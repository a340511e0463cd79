// The numbers behind the figures of a stream, in full precision.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import type { FigureData, Value } from '../figure/data.ts';
import { sentence } from './words.ts';

export const streamSubject = ({ model, total }: StreamLog) => `${model.task ?? ''} ${model.name} ${total} segments`;

/** Metadata of the document and its model. */
export const aboutStream = ({ model, total, expected }: StreamLog) => ({ model, segments: total, expected });

/** One row per segment read. */
export function segmentsData(log: StreamLog, seen: number): FigureData {
  const { model, measure } = log;
  const isClass = measure === 'classes';
  return {
    subject: streamSubject(log),
    columns: [
      { name: 'segment' },
      { name: 'marked' },
      {
        name: isClass ? `probability of ${log.expected}` : 'mean probability of the scored words',
        unit: '0 to 1',
      },
      { name: 'attention that reads memory', unit: '0 to 1' },
      { name: 'attention of memory on words', unit: '0 to 1' },
      { name: 'attention of memory on memory', unit: '0 to 1' },
      { name: 'memory change', unit: '1 − cosine' },
      { name: 'operation' },
      ...(log.changed.length > 0 ? [{ name: 'probability without intervention', unit: '0 to 1' }] : []),
      ...model.classes.map((name) => ({ name: `probability of answer ${name}`, unit: '0 to 1' })),
      { name: 'time', unit: 'ms' },
      { name: 'text' },
    ],
    rows: log.segments
      .slice(0, seen)
      .map(({ words, marks, hasText, probabilities, activity, change, decision, milliseconds }, i): Value[] => [
        i + 1,
        [...new Set(marks.map(({ kind }) => kind))].join(' '),
        log.expectedProbability[i],
        log.reading[i],
        activity?.toWords,
        activity?.toMemory,
        change,
        decision?.operations.join(' '),
        ...(log.changed.length > 0 ? [log.untouchedProbability[i]] : []),
        ...model.classes.map((_, k) => probabilities[k]),
        milliseconds,
        hasText ? (model.pieces ? sentence(words, model.pieces) : words.join(' ')) : '(text no longer kept)',
      ]),
    about: aboutStream(log),
  };
}
