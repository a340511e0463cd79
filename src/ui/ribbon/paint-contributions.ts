// Draws how much each word contributes to the answer: behind words a tint, of narrower segments their largest contribution
// as a bar. Words that lower the answer are dotted too.

import { strongestOf } from './contributions.ts';
import { xOf } from './geometry.ts';
import { wordsOf } from './paint-words.ts';
import { inView, type Scene } from './scene.ts';

/** Contributions below this share of the largest are not drawn. */
const least = 0.02;

export function paintContributions(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, colour } = scene;
  const { contributions } = film;
  if (!contributions || contributions.largest === 0) return;
  const [from, to] = inView(scene);
  const { top, bottom } = geometry.words;
  const toned = (value: number) => {
    const share = Math.abs(value) / contributions.largest;
    context.fillStyle = colour(value > 0 ? 'series-1' : 'series-2');
    return share < least ? 0 : share;
  };
  for (let i = from; i < to; i++) {
    const values = contributions.words.get(i);
    if (!values) continue;
    if (geometry.detail === 'text') {
      for (const { word, x, y, width } of wordsOf(context, film.log, geometry, i)) {
        const value = values[word] ?? 0;
        const share = toned(value);
        if (share === 0) continue;
        context.globalAlpha = 0.1 + 0.5 * share;
        context.fillRect(x - 2, y - 8, width + 4, 16);
        context.globalAlpha = 1;
        if (value < 0) for (let dot = x; dot < x + width; dot += 5) context.fillRect(dot, y + 7, 2, 2);
      }
      continue;
    }
    const { value } = strongestOf(values);
    const share = toned(value);
    if (share === 0) continue;
    const width = Math.max(1.5, Math.min(4, geometry.cell - 1));
    const high = Math.max(2, share * (bottom - top));
    // Beside dashes, not on them.
    const middle = geometry.detail === 'dashes' ? 2 : geometry.cell / 2;
    context.fillRect(xOf(geometry, i) + middle - width / 2, bottom - high, width, high);
  }
}
