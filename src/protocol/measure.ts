// Time and bytes of a forward pass against length, measured with exclusive use of the GPU.
export type { MeasureEvent, MeasureKind, MeasurePoint, MeasureRequest } from '../instruments/measure.ts';
