// Driving a session from the command line: events in order, and what went wrong as an error.
import { DeviceLostError, InputError } from '../errors.ts';
import type { Command, Event } from '../protocol/index.ts';
import { Session } from '../session/session.ts';
import { openDevice } from './device.ts';

/** An error of the session's that already has its words and exit status. */
function errorOf(event: Extract<Event, { type: 'failed' }>): Error {
  if (event.status !== 2) return new Error(event.message);
  const parts = /^(.*?): (.*) \(expected (.*)\)$/.exec(event.message);
  return parts
    ? new InputError(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '')
    : new InputError(event.message, 'refused', 'other input');
}

/**
 * Run one command of a session to its end.
 * @param command what to do
 * @param on      called with every event
 * @param control gets the session's `handle`, to stop it early
 * @param half    compute forward products from f16
 * @returns the adapter's name
 * @throws what the session reported as failed
 */
export async function runSession(
  command: Command,
  on: (event: Event) => void,
  {
    control = () => {},
    half = false,
  }: { readonly control?: (handle: (command: Command) => void) => void; readonly half?: boolean } = {},
): Promise<string> {
  let failure: Error | undefined;
  let adapter = '';
  const session = new Session(
    (event) => {
      if (event.type === 'failed') failure ??= errorOf(event);
      else if (event.type === 'device-lost') failure ??= new DeviceLostError(event.message);
      on(event);
    },
    async () => {
      const gpu = await openDevice(half);
      adapter = gpu.name;
      return gpu;
    },
  );
  control((later) => session.handle(later));
  session.handle(command);
  await session.idle();
  if (failure) throw failure;
  return adapter;
}
