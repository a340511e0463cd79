// The memory of many documents in a plane, coloured by their answers, with the document on show drawn through them.
import { useMemo, useState } from 'react';
import { projected } from '../../../analysis/pca.ts';
import type { ProbeOutcome } from '../../../store/slices/probe.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Field } from '../../controls/Field.tsx';
import { NumberHead } from '../../controls/NumberHead.tsx';
import { TableScroll } from '../../controls/TableScroll.tsx';
import type { FigureData } from '../../figure/data.ts';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent, small } from '../../format.ts';
import { type Dot, Scatter } from '../../scatter/Scatter.tsx';
import controls from '../../styles/controls.module.css';
import tables from '../../styles/tables.module.css';
import typography from '../../styles/typography.module.css';
import { PartField } from './DocumentProjection.tsx';
import { keptSegments, memoryOf } from './values.ts';

interface ProbeProjectionProps {
  readonly outcome: ProbeOutcome;
  readonly log: StreamLog;
  readonly current: number;
}

/** Segments of the document on show that are drawn. */
const MOST_DRAWN = 64;

export function ProbeProjection({ outcome, log, current }: ProbeProjectionProps) {
  const { documents, projections, at, model } = outcome;
  const [wanted, setToken] = useState<number | undefined>();
  const [chosen, setAt] = useState<number | undefined>();
  const [withDocument, setWithDocument] = useState(true);
  const projection = projections.find(({ token }) => token === wanted) ?? projections[0];
  const index = Math.min(chosen ?? at.length - 1, at.length - 1);
  const labels = documents?.labels ?? [];
  const classes = documents?.classes ?? [];
  const dots = useMemo(
    () =>
      labels.map((label, i): Dot => {
        const place = 2 * (index * labels.length + i);
        const [x = 0, y = 0] = [projection?.points[place], projection?.points[place + 1]];
        return { x, y, answer: label, strength: 0.85, name: `document ${i + 1}: ${classes[label] ?? ''}` };
      }),
    [projection, index, labels, classes],
  );
  /** Only a memory of the same model has a place among these. */
  const isSame = log.model.name === model.name;
  const own = useMemo(() => {
    if (!projection || !isSame || !withDocument) return [];
    const { mean, axes, token } = projection;
    const width = log.model.hiddenSize;
    const columns = mean.length;
    const basis = {
      mean: Float64Array.from(mean),
      axes: { rows: 2, columns, values: Float64Array.from(axes) },
      explained: Float64Array.from(projection.explained),
    };
    return keptSegments(log, MOST_DRAWN).flatMap((segment) => {
      const memory = memoryOf(log, segment);
      const part = token === undefined ? memory : memory?.subarray(token * width, (token + 1) * width);
      if (part?.length !== columns) return [];
      const [x = 0, y = 0] = projected(basis, part);
      return [{ x, y, answer: -1, segment, name: `segment ${segment + 1}` }];
    });
  }, [projection, isSame, withDocument, log]);
  if (!projection || !documents) return null;
  const [first, second] = projection.explained;
  const segment = (at[index] ?? 0) + 1;
  const part = projection.token === undefined ? 'the whole memory' : `memory token ${projection.token + 1}`;
  const data = (): FigureData => ({
    subject: `${outcome.task} ${model.name} ${part}`,
    columns: [
      { name: 'document' },
      { name: 'segment' },
      { name: 'answer' },
      { name: 'component 1' },
      { name: 'component 2' },
      { name: 'held out' },
    ],
    rows: dots.map(({ x, y, answer }, i) => [i + 1, segment, classes[answer], x, y, i >= documents.fitted]),
    about: { model, task: outcome.task, ...outcome.settings, part, explained: projection.explained },
  });
  return (
    <>
      <h3>These documents in two dimensions</h3>
      <p className={typography.note}>
        PCA of the memory of all documents after all measured segments, shown after one of them, with the shape and
        colour of the right answer. {isSame && 'The line is the document on show in the same plane.'}
      </p>
      <div className={controls.row}>
        {projections.length > 1 && (
          <PartField tokens={projections.length - 1} value={projection.token} onChange={setToken} />
        )}
        <Field label="After segment" help="The measured segment after which the documents are shown.">
          {(ids) => (
            <select {...ids} value={index} onChange={({ target }) => setAt(Number(target.value))}>
              {at.map((measured, i) => (
                <option key={measured} value={i}>
                  {measured + 1}
                </option>
              ))}
            </select>
          )}
        </Field>
        {isSame && (
          <label className={controls.check}>
            <input type="checkbox" checked={withDocument} onChange={({ target }) => setWithDocument(target.checked)} />
            Draw the document on show
          </label>
        )}
      </div>
      <Figure title="Memory of many documents, PCA" data={data}>
        <Scatter
          label={`Memory of ${dots.length} documents after segment ${segment} in two dimensions, by answer`}
          dots={dots}
          path={own}
          current={own.findIndex((dot) => dot.segment === current)}
          answers={classes}
          xAxis={`component 1 (${percent(first)} of the variance)`}
          yAxis={`component 2 (${percent(second)} of the variance)`}
        />
      </Figure>
      <Centres dots={dots} classes={classes} />
    </>
  );
}

/** The mean place of each answer: the picture in numbers. */
function Centres({ dots, classes }: { readonly dots: readonly Dot[]; readonly classes: readonly string[] }) {
  return (
    <details>
      <summary>Centre of each answer as a table</summary>
      <TableScroll label="Centre of each answer">
        <table>
          <thead>
            <tr>
              <th scope="col">Answer</th>
              <NumberHead>Documents</NumberHead>
              <NumberHead>Component 1</NumberHead>
              <NumberHead>Component 2</NumberHead>
            </tr>
          </thead>
          <tbody>
            {classes.map((name, i) => {
              const members = dots.filter(({ answer }) => answer === i);
              const mean = (of: (dot: Dot) => number) =>
                members.reduce((sum, dot) => sum + of(dot), 0) / members.length;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className={tables.number}>{integer(members.length)}</td>
                  <td className={tables.number}>{small(mean(({ x }) => x))}</td>
                  <td className={tables.number}>{small(mean(({ y }) => y))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
