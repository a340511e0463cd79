// The numbers behind a figure and their export: CSV as in RFC 4180, JSON with their provenance.
import type { Experiment } from '../../store/address.ts';

export type Value = string | number | boolean | undefined;

export interface Column {
  readonly name: string;
  /** Such as `nats`; absent if there is none. */
  readonly unit?: string;
}

/** Everything a figure shows, as one table in full precision. */
export interface FigureData {
  /** What the figure is about, for the file name: such as `memorize rmt-bert seed 1`. */
  readonly subject: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** Where the numbers come from: configurations, models, adapter. Goes into the JSON. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Given if the experiment shown is not the one in the address bar. */
  readonly experiment?: Partial<Experiment>;
}

/** The metadata of a saved figure. */
export interface Origin {
  readonly title: string;
  /** Link to the experiment that it belongs to. */
  readonly link: string;
  /** When it was saved. */
  readonly made: Date;
}

/** A spreadsheet takes a text with such a beginning for a formula. */
const likeFormula = /^[=+\-@\t\r]/;

function field(value: Value): string {
  // A missing measurement is an empty field, which no reader parses as a number.
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = typeof value === 'string' && likeFormula.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const signs: readonly (readonly [sign: string, word: string])[] = [
  ['%', ' percent '],
  ['/', ' per '],
  ['²', '2'],
  ['³', '3'],
  ['−', ' minus '],
];

/** A column's name and unit as an identifier: `time per segment (ms)` is `time_per_segment_ms`. */
function identifier({ name, unit }: Column): string {
  const text = signs.reduce((all, [sign, word]) => all.replaceAll(sign, word), `${name} ${unit ?? ''}`);
  const joined = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[a-z]/.test(joined) ? joined : `column_${joined}`;
}

/** Identifiers, each once. */
function headings(columns: readonly Column[]): string[] {
  const used = new Set<string>();
  return columns.map((column) => {
    const name = identifier(column);
    let free = name;
    for (let n = 2; used.has(free); n++) free = `${name}_${n}`;
    used.add(free);
    return free;
  });
}

/**
 * With a byte order mark, by which spreadsheets recognise UTF-8.
 * @see Shafranovich 2005, RFC 4180
 */
export function csvOf({ columns, rows }: FigureData): string {
  const records = [headings(columns), ...rows];
  return `\uFEFF${records.map((record) => `${record.map(field).join(',')}\r\n`).join('')}`;
}

/** Maps as objects, typed arrays as lists, NaN and infinities as null. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  return value;
}

export function jsonOf(data: FigureData, { title, link, made }: Origin): string {
  const { columns, rows, about } = data;
  // JSON.stringify would drop undefined, so missing measurements become null and columns stay aligned.
  const values = rows.map((row) => row.map((value) => (value === undefined ? null : value)));
  const all = { figure: title, made: made.toISOString(), by: 'RMT Playground', link, about, columns, rows: values };
  return `${JSON.stringify(all, plain, 1)}\n`;
}

/** Lower case, no spaces, only characters that every file system accepts. */
const slug = (text: string) =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80);

export const fileNameOf = (title: string, subject: string, ending: string) =>
  `${[title, subject].map(slug).filter(Boolean).join('_')}.${ending}`;
