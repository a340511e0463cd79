// How a model's lines look: sixteen looks, all four markers in one order of colours, then with the colours moved on.
import { lineStyle } from '../charts/style.ts';

export const strokeOf = (look: number) => lineStyle(look + Math.floor(look / 4)).stroke;
