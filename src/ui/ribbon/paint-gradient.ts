// Draws how strongly the loss, or the answer, depends on the memory that each segment receives: an area above the threads, which
// backpropagation through time fills from right to left.
import { canvasFont } from '../canvas.ts';
import { xOf } from './geometry.ts';
import type { Scene } from './scene.ts';

/** Norms that are smaller than the largest by more than this factor are not seen. */
const range = 1e3;

/** How high a norm is drawn, 0 to 1, on a logarithmic scale. */
export const levelOf = (norm: number, largest: number): number =>
  norm > 0 && largest > 0 ? Math.max(0, 1 + Math.log(norm / largest) / Math.log(range)) : 0;

export function paintGradient(context: CanvasRenderingContext2D, { film, geometry, colour }: Scene): void {
  const { gradient, total } = film;
  if (!gradient || geometry.size === 'brief') return;
  const { of, norms, largest } = gradient;
  const base = geometry.threads.top - 3;
  const height = base - geometry.words.bottom - 4;
  const yOf = (n: number) => base - height * levelOf(norms[n] ?? 0, largest);
  const first = Math.max(0, Math.floor(geometry.view.from));
  const last = Math.min(total, Math.ceil(geometry.view.to));
  context.fillStyle = colour('question');
  context.strokeStyle = colour('question');
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(xOf(geometry, first), base);
  for (let n = first; n < last; n++) {
    context.lineTo(xOf(geometry, n), yOf(n));
    context.lineTo(xOf(geometry, n + 1), yOf(n));
  }
  context.lineTo(xOf(geometry, last), base);
  context.closePath();
  context.globalAlpha = 0.25;
  context.fill();
  context.globalAlpha = 1;
  context.stroke();
  context.font = canvasFont(11);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const [i, line] of [`← ∂${of}`, '/ ∂memory'].entries())
    context.fillText(line, geometry.right + 10, base - height / 2 + (i - 0.5) * 13);
}
