// Colours of the ribbon: one hue an answer, grey while undecided.

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Hues that people with any colour vision can distinguish, in an order that keeps similar ones apart.
 * @see Okabe and Ito 2008, Color Universal Design
 */
const hues: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [213, 94, 0],
  [148, 135, 30],
];

/** The hue of an answer by its index; beyond seven answers, the hues return darker. Every answer is also named. */
export function hueOf(answer: number): Rgb {
  const hue = hues[answer % hues.length] ?? [0, 114, 178];
  return blend(hue, [0, 0, 0], Math.min(0.6, 0.3 * Math.floor(answer / hues.length)));
}

export function blend(one: Rgb, two: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2) => one[i] + (two[i] - one[i]) * share;
  return [at(0), at(1), at(2)];
}

/** `#1c2327` or `#fff`, as style sheets write it when they are minified. */
export function rgbOf(hex: string): Rgb {
  const digits = hex.replace('#', '');
  const value = Number.parseInt(digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A colour for a canvas; steps of four, so that neighbours of almost one colour are drawn as one. */
export function css([red, green, blue]: Rgb): string {
  const step = (value: number) => Math.max(0, Math.min(255, 4 * Math.round(value / 4)));
  return `rgb(${step(red)},${step(green)},${step(blue)})`;
}

/** How far the largest of some probabilities is above chance: 0 at chance, 1 at certainty. */
export function certaintyOf(largest: number, answers: number): number {
  const chance = answers > 1 ? 1 / answers : 0;
  return Math.max(0, Math.min(1, (largest - chance) / (1 - chance)));
}
