// The numbers of a probe as a curve and as a table.
import { intervalOf } from '../../../analysis/wilson.ts';
import type { ProbePoint } from '../../../protocol/index.ts';
import type { ProbeOutcome } from '../../../store/slices/probe.ts';
import type { FigureData } from '../../figure/data.ts';

/** A share of the held-out documents with its 95 % interval. */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** What is measured after each segment, in the order of the legend. */
export const measures = [
  { id: 'probe', name: 'linear probe of the memory', of: ({ answers }: ProbePoint) => answers.heldOut },
  { id: 'asked', name: 'the model itself, if asked now', of: ({ asked }: ProbePoint) => asked },
  { id: 'control', name: 'control: probe of shuffled answers', of: ({ control }: ProbePoint) => control.heldOut },
  { id: 'informed', name: 'documents whose facts have been read', of: ({ informed }: ProbePoint) => informed },
] as const;
export type Measure = (typeof measures)[number];

export const heldOut = ({ documents }: Pick<ProbeOutcome, 'documents'>): number =>
  documents ? documents.labels.length - documents.fitted : 0;

export function shareOf(count: number, total: number): Share {
  const share = count / total;
  return { share, ...intervalOf(share, total) };
}

/** The measures that this probe has. */
export const measuresOf = ({ points }: ProbeOutcome): readonly Measure[] =>
  measures.filter(({ of }) => points.some((point) => of(point) !== undefined));

export function probeData(outcome: ProbeOutcome): FigureData {
  const { model, task, settings, documents, points } = outcome;
  const total = heldOut(outcome);
  const fitted = documents?.fitted ?? 0;
  const shown = measuresOf(outcome);
  return {
    subject: `${task} ${model.name} probe`,
    columns: [
      { name: 'segment' },
      ...shown.flatMap(({ name }) => [
        { name, unit: '0 to 1' },
        { name: `${name} 95 % low` },
        { name: `${name} 95 % high` },
      ]),
      { name: 'commonest answer', unit: '0 to 1' },
      { name: 'probe on fitted documents', unit: '0 to 1' },
      { name: 'control on fitted documents', unit: '0 to 1' },
      { name: 'rank of the fitted states' },
    ],
    rows: points.map((point) => [
      point.segment + 1,
      ...shown.flatMap(({ of }) => {
        const count = of(point);
        if (count === undefined) return [undefined, undefined, undefined];
        const { share, low, high } = shareOf(count, total);
        return [share, low, high];
      }),
      point.commonest / total,
      point.answers.fitted / fitted,
      point.control.fitted / fitted,
      point.rank,
    ]),
    about: { model, task, ...settings, fitted, heldOut: total },
  };
}
