// Time and bytes of a forward pass against length, measured with nothing else on the GPU.
export type { MeasureEvent, MeasureKind, MeasurePoint, MeasureRequest } from '../instruments/measure.ts';
