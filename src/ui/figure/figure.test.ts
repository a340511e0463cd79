// Exporting figures: CSV as in RFC 4180, JSON with provenance, file names, and canvases as vectors.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { paint } from '../canvas.ts';
import { csvOf, type FigureData, fileNameOf, jsonOf, type Value } from './data.ts';
import { element } from './markup.ts';
import { type Call, recordingOf } from './recording.ts';
import { fontOf, replayed } from './replay.ts';

const data: FigureData = {
  subject: 'memorize',
  columns: [{ name: 'step' }, { name: 'loss', unit: 'nats' }, { name: 'a "name", quoted' }],
  rows: [
    [1, 0.1 + 0.2, 'one, two'],
    [2, Number.NaN, 'line\nbreak'],
    [3, undefined, true],
  ],
  about: { configuration: { seed: 7 }, curve: Float32Array.of(0.5, 1), by: new Map([['a', 1]]) },
};

/** A small RFC 4180 parser for the test. */
function parse(csv: string): string[][] {
  const records: string[][] = [];
  let [record, field, quoted]: [string[], string, boolean] = [[], '', false];
  for (let i = 0; i < csv.length; i++) {
    const c = csv[i] as string;
    if (quoted && c === '"' && csv[i + 1] === '"') field += csv[i++];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ',') {
      record.push(field);
      field = '';
    } else if (!quoted && c === '\r' && csv[i + 1] === '\n') {
      records.push([...record, field]);
      [record, field] = [[], ''];
      i++;
    } else field += c;
  }
  expect([record, field, quoted]).toEqual([[], '', false]);
  return records;
}

describe('CSV', () => {
  it('has identifiers with units as a header, all digits, and an empty field for a missing measurement', () => {
    expect(csvOf(data)).toBe(
      '\uFEFFstep,loss_nats,a_name_quoted\r\n' +
        '1,0.30000000000000004,"one, two"\r\n' +
        '2,,"line\nbreak"\r\n' +
        '3,,true\r\n',
    );
  });

  it('gives every column an identifier of its own', () => {
    const names: [string, string?][] = [
      ['moved', 'GB/s'],
      ['share', '%'],
      ['share', '%'],
      ['1. memorize'],
      ['é'],
      ['·'],
    ];
    const columns = names.map(([name, unit]) => ({ name, ...(unit === undefined ? {} : { unit }) }));
    expect(csvOf({ ...data, columns, rows: [] })).toBe(
      '\uFEFFmoved_gb_per_s,share_percent,share_percent_2,column_1_memorize,e,column_\r\n',
    );
  });

  it('keeps a spreadsheet from running a text as a formula, and numbers numbers', () => {
    const rows: Value[][] = [['=1+1', '+49', '-x', '@a', '\tb', 'a=b', -1, -1e-7]];
    const columns = rows[0]?.map((_, i) => ({ name: `c${i}` })) ?? [];
    const [, read] = parse(csvOf({ ...data, columns, rows }));
    expect(read).toEqual(["'=1+1", "'+49", "'-x", "'@a", "'\tb", 'a=b', '-1', '-1e-7']);
  });

  it('round-trips every table', () => {
    const text = fc.string().filter((word) => !/^[=+\-@\t\r]/.test(word));
    const value: fc.Arbitrary<Value> = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }));
    const tables = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width })));
    fc.assert(
      fc.property(tables, (rows) => {
        const columns = (rows[0] ?? ['x']).map((_, i) => ({ name: `c${i}` }));
        const [, ...read] = parse(csvOf({ ...data, columns, rows }));
        expect(read).toEqual(rows.map((row) => row.map(String)));
      }),
    );
  });
});

describe('JSON', () => {
  it('records title, time and link, and keeps missing values in place', () => {
    const made = new Date(Date.UTC(2026, 0, 2));
    const read = JSON.parse(jsonOf(data, { title: 'Loss', link: 'https://x/#/train?seed=7', made }));
    expect(read).toEqual({
      figure: 'Loss',
      made: '2026-01-02T00:00:00.000Z',
      by: 'RMT Playground',
      link: 'https://x/#/train?seed=7',
      about: { configuration: { seed: 7 }, curve: [0.5, 1], by: { a: 1 } },
      columns: data.columns,
      rows: [
        [1, 0.30000000000000004, 'one, two'],
        [2, null, 'line\nbreak'],
        [3, null, true],
      ],
    });
  });
});

it('names files by their content, in characters that file systems accept', () => {
  expect(fileNameOf('Accuracy by step', 'memorize rmt-bert seed 1', 'csv')).toBe(
    'accuracy-by-step_memorize-rmt-bert-seed-1.csv',
  );
  expect(fileNameOf('a/b: ü?', '', 'svg')).toBe('a-b-u.svg');
});

it('escapes SVG content', () => {
  expect(element('text', { x: 1.23456, title: '"<&>"', y: undefined }, '')).toBe(
    '<text x="1.235" title="&quot;&lt;&amp;&gt;&quot;"/>',
  );
});

describe('a canvas as vectors', () => {
  it('reproduces the drawing: state, paths, texts and transforms', () => {
    const calls: Call[] = [
      ['clearRect', 0, 0, 9, 9],
      ['fillStyle=', 'rgb(1, 2, 3)'],
      ['fillRect', 1, 2, 3, 4],
      ['save'],
      ['translate', 10, 20],
      ['rotate', Math.PI / 2],
      ['font=', '600 11px system-ui, sans-serif'],
      ['textAlign=', 'right'],
      ['textBaseline=', 'middle'],
      ['fillText', 'a < b', 0, 0],
      ['restore'],
      ['strokeStyle=', '#abc'],
      ['lineWidth=', 2],
      ['setLineDash', [5, 4]],
      ['beginPath'],
      ['moveTo', 0, 1],
      ['lineTo', 2, 3],
      ['stroke'],
      ['globalAlpha=', 0.5],
      ['beginPath'],
      ['arc', 5, 5, 2, 0, 2 * Math.PI],
      ['fill'],
    ];
    const svg = replayed(calls) ?? '';
    expect(svg).toContain('<rect x="1" y="2" width="3" height="4" fill="rgb(1, 2, 3)"/>');
    expect(svg).toContain('transform="matrix(0 1 -1 0 10 20)"');
    expect(svg).toMatch(/<text x="0" y="3.85" fill="rgb\(1, 2, 3\)" text-anchor="end" font-size="11"[^>]*>a &lt; b</);
    expect(svg).toContain('<path d="M0 1L2 3" fill="none" stroke="#abc" stroke-width="2"');
    expect(svg).toContain('stroke-dasharray="5 4"');
    // A full circle, in two halves, after the state is restored.
    expect(svg).toMatch(/<path d="M7 5A2 2 0 0 1 3 5A2 2 0 0 1 7 5" fill="rgb\(1, 2, 3\)" opacity="0.5"\/>$/);
  });

  it('is abandoned on an unknown call, so that the bitmap is used instead', () => {
    expect(replayed([['ellipse', 1, 2, 3, 4, 5, 6, 7]])).toBeUndefined();
    expect(replayed([['fillStyle=', {}]])).toBeUndefined();
    expect(replayed([])).toBe('');
  });

  it('reads a font', () => {
    expect(fontOf('600 11px system-ui, sans-serif')).toEqual({
      'font-size': 11,
      'font-family': 'system-ui, sans-serif',
      'font-weight': '600',
    });
  });

  /** A canvas without a screen: what is drawn on its context, and the context. */
  function fakeCanvas() {
    const drawn: unknown[] = [];
    const context = {
      fillStyle: '',
      setTransform: () => undefined,
      clearRect: () => drawn.splice(0),
      fillRect: (...args: number[]) => drawn.push(args),
      measureText: () => ({ width: 3 }),
    } as unknown as CanvasRenderingContext2D;
    const canvas = { width: 0, height: 0, style: {}, getContext: () => context } as unknown as HTMLCanvasElement;
    return { canvas, context, drawn };
  }

  it('is recorded only when it is exported: in normal drawing the context is the canvas’s own', () => {
    vi.stubGlobal('devicePixelRatio', 2);
    vi.stubGlobal('document', { documentElement: { style: { getPropertyValue: () => '' } } });
    const { canvas, context, drawn } = fakeCanvas();
    const contexts: CanvasRenderingContext2D[] = [];
    const drawing = (x: number) => (paper: CanvasRenderingContext2D) => {
      contexts.push(paper);
      paper.fillStyle = 'red';
      paper.fillRect(x, 2, paper.measureText('x').width, 4);
    };
    expect(recordingOf(canvas, context)).toBeUndefined();
    for (const x of [0, 1]) paint(canvas, 30, 20, drawing(x));
    // Once per call, directly onto the canvas.
    expect(contexts).toEqual([context, context]);
    expect(contexts.every((each) => each === context)).toBe(true);
    expect([canvas.width, canvas.height]).toEqual([60, 40]);
    expect(drawn).toEqual([[1, 2, 3, 4]]);

    const scratch = fakeCanvas();
    expect(recordingOf(canvas, scratch.context)).toEqual([
      ['fillStyle=', 'red'],
      ['fillRect', 1, 2, 3, 4],
    ]);
    // Drawn once more on another canvas: the one on the page is not touched.
    expect(contexts.length).toBe(3);
    expect(scratch.context.fillStyle).toBe('red');
    expect(scratch.drawn).toEqual([[1, 2, 3, 4]]);
    expect(drawn).toEqual([[1, 2, 3, 4]]);
    vi.unstubAllGlobals();
  });
});
