import { vi } from 'vitest';

/** Try again until it does not throw. A busy machine is no reason to fail. */
export const eventually = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 60_000, interval: 20 });
