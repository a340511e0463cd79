// The GPU slice: connecting, ready, missing or lost.
import type { DeviceDetails, DeviceFacts } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly device: DeviceSlice;
  }
}

export type Obstacle = 'insecure' | 'no-webgpu' | 'no-adapter' | 'no-device';

export interface DeviceSlice {
  readonly status: 'connecting' | 'ready' | 'missing' | 'lost';
  readonly facts: DeviceFacts | undefined;
  readonly details: DeviceDetails | undefined;
  readonly obstacle: Obstacle | undefined;
  readonly message: string | undefined;
  connect(): void;
  readonly receive: (report: JobReport<'connect'> | JobReport<'tune'>) => void;
  /** The page cannot compute: why, and the message of the browser. */
  refused(reason: unknown, obstacle: Obstacle): void;
  lost(message: string): void;
}

export function deviceSlice({ environment, jobs, get, change }: SliceTools<DeviceSlice>): DeviceSlice {
  return {
    status: 'connecting',
    facts: undefined,
    details: undefined,
    obstacle: undefined,
    message: undefined,
    connect() {
      if (environment.obstacle) return change({ status: 'missing', obstacle: environment.obstacle });
      change({ status: 'connecting', message: undefined });
      jobs.begin('connect', {});
    },
    receive(report) {
      if (report.type === 'tune-begin') return;
      // Different kernels may have been chosen.
      if (report.type === 'tune-end') return change({ details: report.details });
      if (report.type === 'failed') {
        if (report.during === 'connect') get().device.refused(report, report.adapter ?? 'no-device');
        return;
      }
      const { device: facts, details } = report;
      change({ status: 'ready', facts, details, obstacle: undefined, message: undefined });
    },
    refused: (reason, obstacle) => change({ status: 'missing', obstacle, message: sentenceOf(reason) }),
    lost: (message) => change({ status: 'lost', message }),
  };
}

/** The adapter in one line. */
export function adapterName({ vendor, architecture, description }: DeviceFacts): string {
  const parts = [description, vendor, architecture].filter(Boolean);
  // Skip a part that a longer one already contains.
  const kept = parts.filter(
    (part, i) => !parts.some((other, j) => j < i && other.toLowerCase().includes(part.toLowerCase())),
  );
  return kept.join(' · ') || 'unnamed adapter';
}
