// Draws the words above the threads: as text, as dashes where a segment is narrow, as a tick where it is narrower; facts,
// question and answer stand out, and stay readable as labels.
import type { SegmentText } from '../../protocol/index.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import type { Mark } from '../../tasks/task.ts';
import { canvasFont } from '../canvas.ts';
import { sentence, shownWords, visible } from '../stream/words.ts';
import { type Geometry, xOf } from './geometry.ts';
import { inView, type Scene } from './scene.ts';
import { type PlacedWord, placedWords } from './words.ts';

const wordFont = canvasFont(13);
const markedFont = canvasFont(13, 650);
const labelFont = markedFont;
const signs: Readonly<Record<Mark['kind'], string>> = { fact: '▼', question: '◆', answer: '●' };

/** A segment's words and marks, also before it is read where they are known. */
const textOf = ({ segments, beginning }: StreamLog, index: number): Pick<SegmentText, 'words' | 'marks'> | undefined =>
  segments[index] ?? beginning.opening?.[index];

/** The segments in view whose text is known: [from, to). */
function textInView(scene: Scene): readonly [number, number] {
  const { film, geometry } = scene;
  const [from] = inView(scene);
  const known = Math.max(film.length, film.log.beginning.opening?.length ?? 0);
  return [from, Math.min(known, Math.ceil(geometry.view.to))];
}

/** The words of a segment where they stand as text. */
export function wordsOf(context: CanvasRenderingContext2D, log: StreamLog, geometry: Geometry, index: number) {
  const { words = [], marks = [] } = textOf(log, index) ?? {};
  const shown = shownWords(words, log.model.pieces).map(({ gap, text }) => ({ gap, text: visible(text) }));
  const left = xOf(geometry, index) + 6;
  const box = { left, width: geometry.cell - 12, top: geometry.words.top, bottom: geometry.words.bottom };
  return placedWords(shown, box, (text, word = -1) => {
    context.font = marks.some(({ start, end }) => word >= start && word < end) ? markedFont : wordFont;
    return context.measureText(text).width;
  });
}

/** How strong the words are that have not been read: the next ones, and those after them. */
const waiting = { next: 0.75, later: 0.4 };

/** How far a word has been read when the head is at `share` of its segment: 0 to 1. */
const readAt = (share: number, word: number, words: number) => {
  const at = Math.max(0, Math.min(1, (share - (0.42 * word) / Math.max(1, words)) / 0.14));
  return 1 - (1 - at) ** 2;
};

export function paintWords(context: CanvasRenderingContext2D, scene: Scene): void {
  const { geometry } = scene;
  if (geometry.detail === 'text') paintText(context, scene);
  else if (geometry.detail !== 'none') paintDashes(context, scene);
  if (geometry.size === 'full') paintLabels(context, scene);
}

function paintText(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback, current, colour } = scene;
  const [from, to] = textInView(scene);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (let i = from; i < to; i++) {
    const { marks, words } = textOf(film.log, i) ?? { marks: [], words: [] };
    const share = playback.head - i;
    for (const { word, text, x, y } of wordsOf(context, film.log, geometry, i)) {
      const read = share >= 1 ? 1 : readAt(share, word, words.length);
      const mark = marks.find(({ start, end }) => word >= start && word < end);
      const dimmed = mark || i === current ? 1 : 1 - 0.42 * Math.max(0, Math.min(1, (share - 0.7) / 0.6));
      const before = i === current ? waiting.next : waiting.later;
      context.globalAlpha = before + (dimmed - before) * read;
      context.fillStyle = colour(read > 0 && mark ? mark.kind : i === current ? 'ink' : 'ink-soft');
      context.font = mark ? markedFont : wordFont;
      context.fillText(text, x, y - 3 * (1 - read));
    }
  }
  context.globalAlpha = 1;
}

function paintDashes(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback, current, colour } = scene;
  const [from, to] = textInView(scene);
  const { top, bottom } = geometry.words;
  const step = 5;
  const room = Math.floor((bottom - top) / step);
  for (let i = from; i < to; i++) {
    const segment = textOf(film.log, i);
    if (!segment) continue;
    const left = xOf(geometry, i);
    const isRead = i < playback.head;
    const isMarked = isRead && segment.marks.length > 0;
    if (geometry.detail === 'tick') {
      if (isMarked) continue;
      context.fillStyle = colour(i === current ? 'ink' : 'undecided');
      context.globalAlpha = isRead ? 0.55 : 0.25;
      const width = Math.max(1, Math.min(2, geometry.cell - 1));
      context.fillRect(left + (geometry.cell - width) / 2, bottom - 26, width, 26);
      context.globalAlpha = 1;
      continue;
    }
    const shown = Math.min(room, segment.words.length);
    for (let w = 0; w < shown; w++) {
      const mark = isRead && segment.marks.find(({ start, end }) => w >= start && w < end);
      const width = Math.min(geometry.cell - 4, 2 + 1.5 * (segment.words[w]?.length ?? 1));
      context.globalAlpha = !isRead ? 0.3 : mark || i === current ? 1 : 0.6;
      context.fillStyle = colour(mark ? mark.kind : i === current ? 'ink-soft' : 'undecided');
      context.fillRect(left + (geometry.cell - width) / 2, bottom - (shown - w) * step, width, 2);
    }
  }
  context.globalAlpha = 1;
}

/** Whether all words of a mark stand as text. */
const hasAll = (placed: readonly PlacedWord[], { start, end }: Mark) =>
  placed.filter(({ word, text }) => word >= start && word < end && text !== '…').length === end - start;

export interface Label {
  readonly index: number;
  readonly kind: Mark['kind'];
  readonly text: string;
  readonly x: number;
  readonly width: number;
}

/** Labels of the marked segments in view: the kind, and its words where they do not stand below as text. */
export function labelsOf(context: CanvasRenderingContext2D, scene: Scene): Label[] {
  const { film, geometry, playback } = scene;
  const { log } = film;
  const taken: (readonly [number, number])[] = [];
  const labels: Label[] = [];
  context.font = canvasFont(13, 650);
  const place = (index: number, kind: Mark['kind'], text: string) => {
    const width = context.measureText(text).width;
    const wanted = geometry.detail === 'text' ? xOf(geometry, index) + 6 : xOf(geometry, index + 0.5) - width / 2;
    const x = Math.max(geometry.left, Math.min(geometry.width - 8 - width, wanted));
    if (taken.some(([a, b]) => x - 14 < b && x + width + 14 > a)) return false;
    taken.push([x, x + width]);
    labels.push({ index, kind, text, x, width });
    return true;
  };
  for (const { index, kinds } of log.marked) {
    const segment = log.segments[index];
    const isInView = index + 1 > geometry.view.from && index < geometry.view.to && index + 0.3 < playback.head;
    const kind = kinds.includes('question') ? 'question' : kinds.includes('fact') ? 'fact' : 'answer';
    const mark = segment?.marks.find((each) => each.kind === kind);
    if (!segment || !isInView || !mark) continue;
    const words = sentence(segment.words.slice(mark.start, mark.end), log.model.pieces);
    const name = `${signs[kind]} ${kind}`;
    const isLegible = geometry.detail === 'text' && hasAll(wordsOf(context, log, geometry, index), mark);
    context.font = labelFont;
    if (!isLegible && words && words.length <= 60 && place(index, kind, `${signs[kind]} ${words}`)) continue;
    place(index, kind, name) || place(index, kind, signs[kind]);
  }
  return labels;
}

function paintLabels(context: CanvasRenderingContext2D, scene: Scene): void {
  const { geometry, dragged, colour } = scene;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const label of labelsOf(context, scene)) {
    const { index, kind, text, x, width } = label;
    const isDragged = dragged?.from === index;
    const middle = xOf(geometry, (isDragged ? dragged.to : index) + 0.5);
    const left = isDragged ? Math.max(geometry.left, Math.min(geometry.right - width, middle - width / 2)) : x;
    context.font = canvasFont(13, 650);
    context.fillStyle = colour(kind);
    context.fillText(text, left, 14);
    if (geometry.detail === 'text' && !isDragged) continue;
    context.strokeStyle = colour(kind);
    context.lineWidth = isDragged ? 2 : 1;
    context.beginPath();
    context.moveTo(Math.max(left, Math.min(left + width, middle)), 24);
    context.lineTo(
      middle,
      geometry.detail === 'dashes' && !isDragged ? geometry.words.top + 22 : geometry.words.bottom,
    );
    context.stroke();
  }
}

/** The word under a point, where words stand as text. */
export function wordAt(placed: readonly PlacedWord[], x: number, y: number): PlacedWord | undefined {
  return placed.find((each) => Math.abs(y - each.y) <= 8 && x >= each.x - 2 && x <= each.x + each.width + 2);
}
