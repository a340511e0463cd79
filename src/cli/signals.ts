// Signals that end a command: what was written stays whole, and the exit status names the signal.
import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof signals)[number];

/** The exit status of a process that a signal ended. */
export const statusOf = (signal: EndingSignal): number => 128 + constants.signals[signal];

/** A command saved what it had and ended early, because it got a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(readonly signal: EndingSignal) {
    super(`ended by ${signal}`);
  }
}

/** End at once at a signal that no command handles; unfinished outputs are removed on exit. */
export function exitOnSignals(): void {
  for (const signal of signals)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(statusOf(signal));
    });
}

/**
 * Handle signals during some work: the first one asks it to stop, the second one ends the process.
 * @param work gets what to call with how to stop it
 * @throws Interrupted if a signal arrived and the work ended early
 */
export async function stoppedBySignals(
  work: (onStop: (stop: () => void) => void) => Promise<{ readonly isComplete: boolean }>,
): Promise<void> {
  let received: EndingSignal | undefined;
  let stop = () => {};
  const handlers = signals.map((signal) => {
    const handle = () => {
      if (received) process.exit(statusOf(signal));
      received = signal;
      stop();
    };
    process.on(signal, handle);
    return () => process.off(signal, handle);
  });
  try {
    const { isComplete } = await work((asked) => {
      stop = asked;
      if (received) stop();
    });
    if (received && !isComplete) throw new Interrupted(received);
  } finally {
    for (const off of handlers) off();
  }
}
