// Where the words of a segment stand above the threads: lines of text, filled from the bottom.
import type { ShownWord } from '../stream/words.ts';

export interface PlacedWord {
  readonly word: number;
  readonly text: string;
  readonly x: number;
  /** The middle of its line. */
  readonly y: number;
  readonly width: number;
}

export const lineHeight = 16;

/**
 * Break words into lines no wider than `width`, as many as fit between `top` and `bottom`; the last one that fits ends
 * with "…" if there are more. Words without a gap between them stay together if a line has room for them.
 * @param left where lines begin
 */
export function placedWords(
  words: readonly ShownWord[],
  box: { readonly left: number; readonly width: number; readonly top: number; readonly bottom: number },
  measure: (text: string, word?: number) => number,
): PlacedWord[] {
  const lines: PlacedWord[][] = [[]];
  const most = Math.max(1, Math.floor((box.bottom - box.top) / lineHeight));
  const space = measure(' ');
  const texts = words.map(({ text }) => shortened(text, box.width, measure));
  const widths = texts.map((text, word) => measure(text, word));
  let x = 0;
  for (const [word, text] of texts.entries()) {
    const width = widths[word] ?? 0;
    const isApart = words[word]?.gap === ' ';
    const gap = x > 0 && isApart ? space : 0;
    let together = width;
    if (isApart) for (let next = word + 1; words[next]?.gap === ''; next++) together += widths[next] ?? 0;
    if (x > 0 && x + gap + (together > box.width ? width : together) > box.width) {
      if (lines.length === most) {
        const line = lines[lines.length - 1] ?? [];
        const last = line.pop();
        if (last) line.push({ ...last, text: '…', width: measure('…') });
        break;
      }
      lines.push([]);
      x = 0;
    }
    const from = x === 0 ? 0 : x + gap;
    lines.at(-1)?.push({ word, text, x: box.left + from, y: 0, width });
    x = from + width;
  }
  // The last line stands on the threads.
  const first = box.bottom - (lines.length - 0.5) * lineHeight;
  return lines.flatMap((line, i) => line.map((each) => ({ ...each, y: first + i * lineHeight })));
}

function shortened(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let end = text.length;
  while (end > 1 && measure(`${text.slice(0, end)}…`) > width) end--;
  return `${text.slice(0, end)}…`;
}
