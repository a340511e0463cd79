// The adapter and its self-check as plain text, for a bug report.

import type { CheckCase, DeviceDetails, DeviceFacts } from '../../protocol/index.ts';
import type { CheckResult } from '../../store/slices/check.ts';
import { verdictOf } from '../../store/slices/check.ts';
import { ordered } from './limits.ts';

export const modelTitles: Readonly<Record<CheckCase['model'], string>> = {
  'rmt-bert': 'RMT, encoder',
  'rmt-gpt2': 'RMT, decoder',
};
export const kernelTitles: Readonly<Record<CheckCase['kernels'], string>> = {
  small: 'kernels for small problems',
  large: 'kernels for large problems',
};

export const errorText = (error: number) => (Number.isFinite(error) ? error.toExponential(1) : 'not a number');

interface ReportContent {
  readonly facts: DeviceFacts;
  readonly details: DeviceDetails;
  readonly check: CheckResult | undefined;
  readonly error: string | undefined;
  readonly userAgent: string;
}

export function reportText({ facts, details, check, error, userAgent }: ReportContent): string {
  const { product, attention, chosenBy } = details.kernels;
  const lines = [
    'RMT Playground: this GPU',
    `browser    ${userAgent}`,
    ...Object.entries(details.info).map(([name, value]) => `adapter    ${name}: ${value}`),
    `kind       ${facts.software ? 'software' : 'hardware'}`,
    `kernels    products ${product.small} / ${product.large}; attention ${attention.small} / ${attention.large} (${chosenBy})`,
    `features   ${details.features.join(', ') || 'none'}`,
    ...ordered(details.limits).map(([name, value]) => `limit      ${name} ${value}`),
  ];
  if (error !== undefined) lines.push(`self-check failed to run: ${error}`);
  if (check) {
    const { probe, tolerance, results, status } = check;
    const { groups, failed } = verdictOf(results);
    lines.push(
      `probe      ${probe.matmulGflops.toFixed(1)} GFLOP/s at ${probe.matmulSize}³, copy ${probe.copyGBs.toFixed(1)} GB/s`,
      `self-check ${status}: ${groups - failed} of ${groups} groups within ${tolerance}`,
    );
    for (const { of, rows } of results) {
      lines.push(`  ${modelTitles[of.model]}, ${kernelTitles[of.kernels]}`);
      for (const { group, error: off, passed } of rows)
        lines.push(`    ${passed ? 'pass' : 'FAIL'}  ${errorText(off).padStart(8)}  ${group}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
