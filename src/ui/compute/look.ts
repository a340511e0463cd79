// Line styles by model: sixteen combinations, all four markers in one order of colours, then with the colours shifted.
import { lineStyle } from '../charts/style.ts';

export const strokeOf = (look: number) => lineStyle(look + Math.floor(look / 4)).stroke;
