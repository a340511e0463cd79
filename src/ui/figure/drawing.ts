// A figure of the page as one self-contained SVG: charts, canvases and text, with their layout and colours.
import { digits, element, escaped } from './markup.ts';
import { recordingOf } from './recording.ts';
import { replayed } from './replay.ts';

export interface Drawing {
  readonly svg: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

const MARGIN = 16;
/** Space for the title, used if the figure has no caption or heading. */
const TITLE = 30;

/** Controls, their explanations and the tables behind charts are left out of the picture. */
const notDrawn =
  'button, select, input, textarea, label, fieldset, output, details, [data-field], .recharts-tooltip-wrapper';
/** The clip path of text for screen readers only: `hidden` in typography.module.css. */
const clippedAway = 'inset(50%)';

/** The properties that determine the look of an SVG element, whether set by attribute, stylesheet or custom property. */
const paints = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
] as const;
const letters = ['font-family', 'font-size', 'font-weight', 'text-anchor'] as const;

interface Sheet {
  readonly parts: string[];
  readonly left: number;
  readonly top: number;
  readonly measure: CanvasRenderingContext2D | null;
  gradients: number;
  right: number;
  bottom: number;
}

const isClear = (colour: string) => colour === 'transparent' || /^rgba\(.*, 0\)$|\/ 0\)$/.test(colour);

/** The svg with its computed styles inlined, independent of the page. */
function standing(original: SVGSVGElement, box: DOMRect, sheet: Sheet): string {
  const copy = original.cloneNode(true) as SVGSVGElement;
  const copies = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  const originals = [original, ...original.querySelectorAll<SVGElement>('*')];
  const gone: Element[] = [];
  copies.forEach((each, i) => {
    const source = originals[i];
    if (!source) return;
    const style = getComputedStyle(source);
    if (style.display === 'none' || style.visibility === 'hidden' || each.matches('.recharts-tooltip-cursor, title'))
      gone.push(each);
    for (const { name } of [...each.attributes])
      if (/^(style|class|role|tabindex|data-|aria-|on)/.test(name)) each.removeAttribute(name);
    const properties = each.matches('text, tspan') ? [...paints, ...letters] : paints;
    // The svg element itself paints nothing.
    if (each !== copy) for (const name of properties) each.setAttribute(name, style.getPropertyValue(name));
  });
  for (const each of gone) each.remove();
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${digits(box.width)} ${digits(box.height)}`);
  for (const [name, value] of Object.entries({
    x: box.left - sheet.left,
    y: box.top - sheet.top,
    width: box.width,
    height: box.height,
  }))
    copy.setAttribute(name, digits(value));
  return new XMLSerializer().serializeToString(copy);
}

function grow(sheet: Sheet, box: DOMRect): void {
  sheet.right = Math.max(sheet.right, box.right);
  sheet.bottom = Math.max(sheet.bottom, box.bottom);
}

function drawCanvas(canvas: HTMLCanvasElement, box: DOMRect, sheet: Sheet): void {
  const [x, y] = [box.left - sheet.left, box.top - sheet.top];
  const calls = recordingOf(canvas);
  const vectors = calls && replayed(calls);
  if (vectors === undefined)
    sheet.parts.push(element('image', { x, y, width: box.width, height: box.height, href: canvas.toDataURL() }));
  else if (vectors !== '')
    sheet.parts.push(element('g', { transform: `translate(${digits(x)} ${digits(y)})` }, vectors));
}

/** Background and borders. */
function drawBox(style: CSSStyleDeclaration, box: DOMRect, sheet: Sheet): void {
  const [x, y] = [box.left - sheet.left, box.top - sheet.top];
  const { width, height } = box;
  const rx = Number.parseFloat(style.borderTopLeftRadius) || undefined;
  const stops = style.backgroundImage.startsWith('linear-gradient(to right')
    ? (style.backgroundImage.match(/rgba?\([^)]*\)/g) ?? [])
    : [];
  if (stops.length > 1) {
    const id = `ramp-${++sheet.gradients}`;
    const written = stops.map((colour, i) => element('stop', { offset: i / (stops.length - 1), 'stop-color': colour }));
    sheet.parts.push(element('linearGradient', { id }, written.join('')));
    sheet.parts.push(element('rect', { x, y, width, height, rx, fill: `url(#${id})` }));
  } else if (!isClear(style.backgroundColor))
    sheet.parts.push(element('rect', { x, y, width, height, rx, fill: style.backgroundColor }));
  const sides = [
    ['top', x, y, x + width, y],
    ['right', x + width, y, x + width, y + height],
    ['bottom', x, y + height, x + width, y + height],
    ['left', x, y, x, y + height],
  ] as const;
  for (const [side, x1, y1, x2, y2] of sides) {
    const thick = Number.parseFloat(style.getPropertyValue(`border-${side}-width`));
    const kind = style.getPropertyValue(`border-${side}-style`);
    const stroke = style.getPropertyValue(`border-${side}-color`);
    if (!(thick > 0) || kind === 'none' || isClear(stroke)) continue;
    const dashes = { dashed: `${3 * thick} ${2 * thick}`, dotted: `${thick} ${thick}` }[kind];
    sheet.parts.push(element('line', { x1, y1, x2, y2, stroke, 'stroke-width': thick, 'stroke-dasharray': dashes }));
  }
}

/** Consecutive text nodes, with the line breaks of the page. */
function drawTexts(nodes: readonly Text[], style: CSSStyleDeclaration, sheet: Sheet): void {
  const range = document.createRange();
  const lines: { text: string; box: DOMRect }[] = [];
  let before = '';
  for (const node of nodes)
    for (const { 0: piece, index } of node.data.matchAll(/\S+|\s+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + piece.length);
      const isSpace = piece.trim() === '';
      const box = range.getBoundingClientRect();
      const last = lines.at(-1);
      if (!isSpace && box.width > 0) {
        grow(sheet, box);
        if (last && Math.abs(last.box.top - box.top) < 2) last.text += before + piece;
        else lines.push({ text: piece, box });
      }
      before = isSpace ? ' ' : '';
    }
  const { measure } = sheet;
  if (measure) measure.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const metrics = measure?.measureText('x');
  const [up, down] = [metrics?.fontBoundingBoxAscent ?? 0.8, metrics?.fontBoundingBoxDescent ?? 0.2];
  for (const { text, box } of lines)
    sheet.parts.push(
      element(
        'text',
        {
          x: box.left - sheet.left,
          y: box.top - sheet.top + (box.height * up) / (up + down),
          fill: style.color,
          'font-family': style.fontFamily,
          'font-size': style.fontSize,
          'font-weight': style.fontWeight,
        },
        escaped(text),
      ),
    );
}

function draw(parent: Element, sheet: Sheet): void {
  let texts: Text[] = [];
  const drawGathered = () => {
    if (texts.length > 0) drawTexts(texts, getComputedStyle(parent), sheet);
    texts = [];
  };
  for (const node of parent.childNodes) {
    if (node instanceof Text) {
      texts.push(node);
      continue;
    }
    drawGathered();
    if (!(node instanceof Element) || node.matches(notDrawn)) continue;
    const style = getComputedStyle(node);
    if (style.display === 'none' || style.visibility === 'hidden' || style.clipPath === clippedAway) continue;
    const box = node.getBoundingClientRect();
    if (node instanceof SVGSVGElement || node instanceof HTMLCanvasElement) {
      if (box.width === 0 || box.height === 0) continue;
      grow(sheet, box);
      if (node instanceof SVGSVGElement) sheet.parts.push(standing(node, box, sheet));
      else drawCanvas(node, box, sheet);
      continue;
    }
    drawBox(style, box, sheet);
    draw(node, sheet);
  }
  drawGathered();
}

/** The background colour behind an element. */
function behind(node: Element): string {
  for (let each: Element | null = node; each; each = each.parentElement) {
    const { backgroundColor } = getComputedStyle(each);
    if (!isClear(backgroundColor)) return backgroundColor;
  }
  return '#fff';
}

/**
 * @param description the figure's origin, stored in the file but not drawn
 */
export function drawingOf(root: HTMLElement, title: string, description: string): Drawing {
  // Scrolling areas are expanded while they are measured; this is never visible, because nothing is painted in between.
  root.dataset['exporting'] = '';
  try {
    const { left, top } = root.getBoundingClientRect();
    const heading = root.querySelector('figcaption, h3') ? 0 : TITLE;
    const measure = document.createElement('canvas').getContext('2d');
    const sheet: Sheet = {
      parts: [],
      left: left - MARGIN,
      top: top - MARGIN - heading,
      measure,
      gradients: 0,
      right: left,
      bottom: top,
    };
    draw(root, sheet);
    const width = Math.ceil(sheet.right - left) + 2 * MARGIN;
    const height = Math.ceil(sheet.bottom - top) + 2 * MARGIN + heading;
    const { color, fontFamily } = getComputedStyle(root);
    const size = { 'font-size': '16px', 'font-weight': 650, 'font-family': fontFamily };
    const content = [
      `<title>${escaped(title)}</title>`,
      `<desc>${escaped(description)}</desc>`,
      element('rect', { width, height, fill: behind(root) }),
      ...(heading > 0 ? [element('text', { x: MARGIN, y: MARGIN + 16, fill: color, ...size }, escaped(title))] : []),
      ...sheet.parts,
    ];
    const viewBox = `0 0 ${width} ${height}`;
    const svg = element('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox }, content.join('\n'));
    return { svg: `${svg}\n`, width, height };
  } finally {
    delete root.dataset['exporting'];
  }
}

/** Some browsers limit the sides of a canvas to this. */
const MOST_PIXELS = 16_384;

/** The drawing as a PNG at twice its size. */
export async function pngOf({ svg, width, height }: Drawing): Promise<Uint8Array<ArrayBuffer>> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const scale = Math.min(2, MOST_PIXELS / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob)
      throw new Error(
        `${canvas.width} × ${canvas.height} pixels are too many for this browser. Save it as SVG instead.`,
      );
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(url);
  }
}
