// A table of figures by one number, such as segments or pairs: a row for each, and one or more columns for each result.
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer } from '../format.ts';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './ByTable.module.css';

export interface ByColumn {
  readonly name: string;
  /** The text at one number; undefined where there is none. */
  cell(n: number): string | undefined;
}

/** The columns of one result under its name. */
export interface ByGroup {
  readonly key: string | number;
  readonly name: string;
  readonly isQuiet?: boolean;
  /** A single one needs no name. */
  readonly columns: readonly ByColumn[];
}

interface ByTableProps {
  readonly label: string;
  /** What the rows count. */
  readonly by: string;
  readonly values: readonly number[];
  readonly groups: readonly ByGroup[];
  readonly isOpen?: boolean;
}

const isSingle = ({ columns }: ByGroup) => columns.length === 1 && columns[0]?.name === '';

export function ByTable({ label, by, values, groups, isOpen = true }: ByTableProps) {
  const hasNames = !groups.every(isSingle);
  return (
    <details open={isOpen}>
      <summary>As a table</summary>
      <TableScroll label={label}>
        <table>
          <thead>
            <tr>
              <th scope="col" rowSpan={hasNames ? 2 : 1} className={tables.number}>
                {by}
              </th>
              {groups.map((group) => (
                <th
                  key={group.key}
                  {...(isSingle(group)
                    ? { scope: 'col', rowSpan: hasNames ? 2 : 1 }
                    : { scope: 'colgroup', colSpan: group.columns.length })}
                  className={classNames(tables.number, group.isQuiet ? typography.quiet : css.named)}
                >
                  {group.name}
                </th>
              ))}
            </tr>
            {hasNames && (
              <tr>
                {groups.flatMap((group) =>
                  isSingle(group)
                    ? []
                    : group.columns.map(({ name }) => <NumberHead key={`${group.key} ${name}`}>{name}</NumberHead>),
                )}
              </tr>
            )}
          </thead>
          <tbody>
            {values.map((n) => (
              <tr key={n}>
                <th scope="row" className={tables.number}>
                  {integer(n)}
                </th>
                {groups.flatMap(({ key, isQuiet, columns }) =>
                  columns.map(({ name, cell }) => (
                    <td key={`${key} ${name}`} className={classNames(tables.number, isQuiet && typography.quiet)}>
                      {cell(n) ?? '–'}
                    </td>
                  )),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
