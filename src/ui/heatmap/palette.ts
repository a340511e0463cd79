// The palettes of heatmaps: viridis for quantities, and a diverging one around zero that follows the theme.
import { viridisGradient, viridisTable } from './viridis.ts';

export type Palette = 'sequential' | 'diverging';

type Rgb = readonly [red: number, green: number, blue: number];

/** Ends that people with any colour vision can distinguish: dark ones around a light middle, light ones around a dark one. */
const ends = {
  light: [
    [0, 83, 143],
    [178, 71, 0],
  ],
  dark: [
    [110, 190, 240],
    [244, 164, 56],
  ],
} as const satisfies Readonly<Record<string, readonly [Rgb, Rgb]>>;

const STEPS = 1024;

/** `#fff` or `#1a2023`. */
function rgbOf(hex: string): Rgb {
  const digits = hex.replace('#', '');
  const value = Number.parseInt(digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits, 16);
  return Number.isNaN(value) ? [255, 255, 255] : [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const tables = new Map<string, Uint8ClampedArray>();

/** Zero has the colour of the panel, so that what differs from it stands out. */
function diverging(panel: string): Uint8ClampedArray {
  const known = tables.get(panel);
  if (known) return known;
  const middle = rgbOf(panel);
  const [negative, positive] = middle[0] + middle[1] + middle[2] > 384 ? ends.light : ends.dark;
  const table = new Uint8ClampedArray(4 * STEPS);
  for (let i = 0; i < STEPS; i++) {
    const signed = (2 * i) / (STEPS - 1) - 1;
    const end = signed < 0 ? negative : positive;
    for (let k = 0; k < 3; k++) {
      const from = middle[k as 0] as number;
      table[4 * i + k] = from + ((end[k as 0] as number) - from) * Math.abs(signed);
    }
    table[4 * i + 3] = 255;
  }
  tables.set(panel, table);
  return table;
}

/** The colours from the lowest value to the highest, as red, green, blue, alpha. @param panel the theme's, as hex */
export const paletteOf = (palette: Palette, panel: string): Uint8ClampedArray =>
  palette === 'diverging' ? diverging(panel) : viridisTable;

/** The same as a CSS gradient. */
export const rampOf = (palette: Palette): string =>
  palette === 'diverging'
    ? 'linear-gradient(to right, light-dark(rgb(0 83 143), rgb(110 190 240)), var(--panel), light-dark(rgb(178 71 0), rgb(244 164 56)))'
    : viridisGradient;
