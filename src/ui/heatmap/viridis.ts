// The viridis colour map: perceptually uniform in lightness and readable with colour blindness.
// Source: van der Walt and Smith 2015, matplotlib; ten of its colours, joined linearly.
const anchors = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

export type Rgb = readonly [number, number, number];

/** The colour of `share` in [0, 1]; values outside are clamped. */
export function viridis(share: number): Rgb {
  const at = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)) * (anchors.length - 1);
  const low = anchors[Math.floor(at)] ?? anchors[0];
  const high = anchors[Math.ceil(at)] ?? low;
  const between = at - Math.floor(at);
  const mix = (a: number, b: number) => Math.round(a + (b - a) * between);
  return [mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2])];
}

/** The colour map in 1024 steps, as red, green, blue, alpha: for many cells at once. */
export const viridisTable: Uint8ClampedArray = Uint8ClampedArray.from(
  Array.from({ length: 1024 }, (_, i) => [...viridis(i / 1023), 255]).flat(),
);

export const cssColour = ([r, g, b]: Rgb) => `rgb(${r} ${g} ${b})`;

export const viridisGradient = `linear-gradient(to right, ${anchors.map(cssColour).join(', ')})`;
