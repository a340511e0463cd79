// The bench's numbers in full precision, for export.

import type { BenchRow } from '../../protocol/index.ts';
import type { BenchResult } from '../../store/slices/bench.ts';
import type { FigureData } from '../figure/data.ts';

const total = (numbers: Readonly<Record<string, number>>) => Object.values(numbers).reduce((sum, n) => sum + n, 0);

export function benchData({ rows, probe, kernels, refused, leftOut }: BenchResult): FigureData {
  return {
    subject: rows.map(({ shape, mode }) => `${shape} ${mode}`).join(' '),
    columns: [
      { name: 'shape' },
      { name: 'mode' },
      { name: 'runs' },
      { name: 'segments per run' },
      { name: 'time per segment, median', unit: 'ms' },
      { name: 'time per segment, minimum', unit: 'ms' },
      { name: 'time per segment, maximum', unit: 'ms' },
      { name: 'work', unit: 'FLOP' },
      { name: 'rate', unit: 'GFLOP/s' },
      { name: 'share of product peak', unit: '0 to 1' },
      { name: 'bytes bound', unit: 'B' },
      { name: 'moved', unit: 'GB/s' },
      { name: 'share of copy peak', unit: '0 to 1' },
      { name: 'dispatches' },
      { name: 'dispatches of a layer, forward' },
      { name: 'dispatches of a layer, backward' },
      { name: 'parameters', unit: 'B' },
      { name: 'gradients and moments', unit: 'B' },
      { name: 'activations', unit: 'B' },
      { name: 'GPU', unit: 'B' },
    ],
    rows: rows.map(({ milliseconds: ms, perLayer, gpuBytes, ...row }) => [
      row.shape,
      row.mode,
      row.runs,
      row.segmentsPerRun,
      ms.median,
      ms.low,
      ms.high,
      row.flops,
      row.gflops,
      row.peakShare,
      row.bytesMoved,
      row.gigabytesPerSecond,
      row.copyShare,
      total(row.dispatches),
      perLayer.forward,
      perLayer.backward,
      gpuBytes.parameters,
      gpuBytes.training,
      gpuBytes.activations,
      gpuBytes.total,
    ]),
    about: { probe, kernels, refused, leftOut },
  };
}

export function kernelsData({ shape, mode, kernels = [] }: BenchRow): FigureData {
  return {
    subject: `${shape} ${mode}`,
    columns: [
      { name: 'kernel' },
      { name: 'section' },
      { name: 'dispatches' },
      { name: 'time', unit: 'ms' },
      { name: 'bytes bound', unit: 'B' },
      { name: 'parameters' },
    ],
    rows: kernels.map(({ kernel, section, dispatches, milliseconds, bytes, params }) => [
      kernel,
      section,
      dispatches,
      milliseconds,
      bytes,
      Object.entries(params)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]),
    about: { shape, mode },
  };
}
