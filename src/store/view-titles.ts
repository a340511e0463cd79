// What the views are called, on their tabs and in titles.
import type { View } from './address.ts';

export const viewTitles: Readonly<Record<View, string>> = {
  stream: 'Stream',
  inside: 'Inside',
  train: 'Train',
  extrapolate: 'Extrapolate',
  capacity: 'Capacity',
  compute: 'Compute',
  runs: 'Runs',
  device: 'Device',
  learn: 'Learn',
};
