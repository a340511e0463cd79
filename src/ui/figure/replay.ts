// Converts recorded canvas calls to SVG: the part of the canvas API that the page uses.
import { type Attributes, digits, element, escaped } from './markup.ts';
import type { Call } from './recording.ts';

interface Look {
  readonly fillStyle: string;
  readonly strokeStyle: string;
  readonly lineWidth: number;
  readonly lineJoin: string;
  readonly lineCap: string;
  readonly globalAlpha: number;
  readonly font: string;
  readonly textAlign: string;
  readonly textBaseline: string;
  readonly dashes: readonly number[];
  /** a b c d e f, as in SVG. */
  readonly matrix: readonly number[];
}

const first: Look = {
  fillStyle: '#000',
  strokeStyle: '#000',
  lineWidth: 1,
  lineJoin: 'miter',
  lineCap: 'butt',
  globalAlpha: 1,
  font: '10px sans-serif',
  textAlign: 'start',
  textBaseline: 'alphabetic',
  dashes: [],
  matrix: [1, 0, 0, 1, 0, 0],
};

/** Most cells written as separate rectangles; a larger map becomes one embedded image. */
const MOST_CELLS = 40_000;

/** How far below a text's anchor its baseline is, in units of the font size. */
const below: Readonly<Record<string, number>> = {
  middle: 0.35,
  top: 0.8,
  hanging: 0.75,
  bottom: -0.2,
  ideographic: -0.2,
};
const anchors: Readonly<Record<string, string>> = { center: 'middle', right: 'end', end: 'end' };

function multiplied([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: readonly number[], by: readonly number[]): number[] {
  const [A = 1, B = 0, C = 0, D = 1, E = 0, F = 0] = by;
  return [a * A + c * B, b * A + d * B, a * C + c * D, b * C + d * D, a * E + c * F + e, b * E + d * F + f];
}

/** `600 11px system-ui, sans-serif` */
export function fontOf(font: string): Attributes {
  const found = /^(.*?)\s*([\d.]+)px(?:\/\S+)?\s+(.+)$/.exec(font);
  const weight = found?.[1]?.match(/\b(bold|\d{3})\b/)?.[0];
  return { 'font-size': Number(found?.[2] ?? 10), 'font-family': found?.[3] ?? 'sans-serif', 'font-weight': weight };
}

/** The pixels of a small canvas as rectangles; neighbours of one colour in a row are merged. */
function cells(source: HTMLCanvasElement, x: number, y: number, width: number, height: number): string | undefined {
  const { width: columns, height: rows } = source;
  if (columns * rows > MOST_CELLS) return undefined;
  const pixels = source.getContext('2d')?.getImageData(0, 0, columns, rows).data;
  if (!pixels) return undefined;
  const [w, h] = [width / columns, height / rows];
  const colour = (i: number) => `rgb(${pixels[4 * i]},${pixels[4 * i + 1]},${pixels[4 * i + 2]})`;
  const written: string[] = [];
  for (let row = 0; row < rows; row++)
    for (let start = 0, end = 0; start < columns; start = end) {
      const fill = colour(row * columns + start);
      const isClear = pixels[4 * (row * columns + start) + 3] === 0;
      for (end = start + 1; end < columns && colour(row * columns + end) === fill; end++);
      if (!isClear)
        written.push(element('rect', { x: x + start * w, y: y + row * h, width: (end - start) * w, height: h, fill }));
    }
  // Without this, viewers draw hairlines between neighbours.
  return element('g', { 'shape-rendering': 'crispEdges' }, written.join(''));
}

/** The calls as SVG elements, in the canvas's own CSS pixels; undefined if a call is not supported. */
export function replayed(calls: readonly Call[]): string | undefined {
  const parts: string[] = [];
  const saved: Look[] = [];
  let look = first;
  let path = '';
  const isMoved = () => look.matrix.some((value, i) => value !== first.matrix[i]);
  const put = (name: string, attributes: Attributes, content?: string) => {
    const transform = isMoved() ? `matrix(${look.matrix.map(digits).join(' ')})` : undefined;
    const opacity = look.globalAlpha < 1 ? look.globalAlpha : undefined;
    parts.push(element(name, { ...attributes, opacity, transform }, content));
  };
  const stroke = (): Attributes => ({
    fill: 'none',
    stroke: look.strokeStyle,
    'stroke-width': look.lineWidth,
    'stroke-linejoin': look.lineJoin,
    'stroke-linecap': look.lineCap,
    'stroke-dasharray': look.dashes.length > 0 ? look.dashes.join(' ') : undefined,
  });
  const move = (by: readonly number[]) => {
    look = { ...look, matrix: multiplied(look.matrix, by) };
  };
  for (const [name, ...args] of calls) {
    if (name.endsWith('=')) {
      const [value] = args;
      // Gradients and patterns are not supported.
      if (typeof value === 'object') return undefined;
      look = { ...look, [name.slice(0, -1)]: value };
      continue;
    }
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(Number);
    const at = (x: number, y: number) => `${digits(x)} ${digits(y)}`;
    switch (name) {
      case 'save':
        saved.push(look);
        break;
      case 'restore':
        look = saved.pop() ?? look;
        break;
      case 'translate':
        move([1, 0, 0, 1, a, b]);
        break;
      case 'scale':
        move([a, 0, 0, b, 0, 0]);
        break;
      case 'rotate':
        move([Math.cos(a), Math.sin(a), -Math.sin(a), Math.cos(a), 0, 0]);
        break;
      case 'setLineDash':
        look = { ...look, dashes: Array.isArray(args[0]) ? args[0].map(Number) : [] };
        break;
      case 'beginPath':
        path = '';
        break;
      case 'closePath':
        path += 'Z';
        break;
      case 'moveTo':
        path += `M${at(a, b)}`;
        break;
      case 'lineTo':
        path += `${path === '' ? 'M' : 'L'}${at(a, b)}`;
        break;
      case 'quadraticCurveTo':
        path += `Q${at(a, b)} ${at(c, d)}`;
        break;
      case 'bezierCurveTo':
        path += `C${at(a, b)} ${at(c, d)} ${at(e, f)}`;
        break;
      case 'rect':
        path += `M${at(a, b)}h${digits(c)}v${digits(d)}h${digits(-c)}Z`;
        break;
      case 'arc': {
        const sweep = Math.min(2 * Math.PI, Math.abs(e - d));
        const ends = (angle: number) => at(a + c * Math.cos(angle), b + c * Math.sin(angle));
        const turn = e < d || args[5] === true ? 0 : 1;
        path += `${path === '' ? 'M' : 'L'}${ends(d)}`;
        // An SVG arc cannot end where it begins: a full circle becomes two halves.
        for (const [from, to] of sweep > Math.PI
          ? ([
              [d, (d + e) / 2],
              [(d + e) / 2, e],
            ] as const)
          : ([[d, e]] as const))
          path += `A${digits(c)} ${digits(c)} 0 ${Math.abs(to - from) > Math.PI ? 1 : 0} ${turn} ${ends(to)}`;
        break;
      }
      case 'fill':
        if (path) put('path', { d: path, fill: look.fillStyle });
        break;
      case 'stroke':
        if (path) put('path', { d: path, ...stroke() });
        break;
      case 'fillRect':
        put('rect', { x: a, y: b, width: c, height: d, fill: look.fillStyle });
        break;
      case 'strokeRect':
        put('rect', { x: a, y: b, width: c, height: d, ...stroke() });
        break;
      case 'clearRect':
        if (parts.length > 0) return undefined;
        break;
      case 'fillText': {
        const font = fontOf(look.font);
        const y = Number(args[2] ?? 0) + (below[look.textBaseline] ?? 0) * Number(font['font-size']);
        const anchor = anchors[look.textAlign];
        put(
          'text',
          { x: Number(args[1] ?? 0), y, fill: look.fillStyle, 'text-anchor': anchor, ...font },
          escaped(String(args[0])),
        );
        break;
      }
      case 'drawImage': {
        const [source] = args;
        if (!(source instanceof HTMLCanvasElement) || args.length !== 5) return undefined;
        const vectors = cells(source, b, c, d, e);
        const href = vectors ?? source.toDataURL();
        if (vectors) put('g', {}, vectors);
        else
          put('image', {
            x: b,
            y: c,
            width: d,
            height: e,
            href,
            preserveAspectRatio: 'none',
            style: 'image-rendering:pixelated',
          });
        break;
      }
      default:
        return undefined;
    }
  }
  return parts.join('');
}
