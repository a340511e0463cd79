// Request the adapter: answered by `device`, or `failed`.
import type { AdapterFacts } from '../engine/gpu/adapter.ts';
import type { DeviceDetails } from '../engine/gpu/details.ts';

export type { DeviceDetails };
/** The adapter's facts. */
export type DeviceFacts = AdapterFacts;

/** No parameters. */
export type ConnectRequest = Readonly<Record<never, never>>;

export type ConnectEvent = {
  readonly type: 'device';
  readonly device: DeviceFacts;
  readonly details: DeviceDetails;
};
