// Runs a session from the command line: events in order, failures as errors.
import { DeviceLostError, InputError } from '../errors.ts';
import type { Failed, JobKind, Report, Start, StartOf } from '../protocol/index.ts';
import { Session } from '../session/session.ts';
import type { OpenDevice } from './device.ts';

/** A failure reported by the session as an error with the right exit status. */
function errorOf(event: Failed): Error {
  if (event.status !== 2) return new Error(event.message);
  const parts = /^(.*?): (.*) \(expected (.*)\)$/.exec(event.message);
  return parts
    ? new InputError(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '')
    : new InputError(event.message, 'refused', 'other input');
}

/** The only job of its session. */
const id = 1;

/**
 * Run one job to its end.
 * @param open    opens the session's device
 * @param job     the job and its request
 * @param on      called with every report of the job
 * @param control receives a function that stops the job early
 * @param half    compute forward products from f16
 * @returns the adapter's name
 * @throws the failure reported by the session
 */
export async function runSession<K extends JobKind>(
  open: OpenDevice,
  job: Pick<StartOf<K>, 'kind' | 'request'>,
  on: (report: Report) => void,
  { control = () => {}, half = false }: { readonly control?: (stop: () => void) => void; readonly half?: boolean } = {},
): Promise<string> {
  let failure: Error | undefined;
  let adapter = '';
  const session = new Session(
    ({ id: _, ...report }) => {
      if (report.type === 'failed') failure ??= errorOf(report);
      else if (report.type === 'device-lost') failure ??= new DeviceLostError(report.message);
      on(report);
    },
    async () => {
      const gpu = await open(half);
      adapter = gpu.name;
      return gpu;
    },
  );
  control(() => session.handle({ type: 'stop', id }));
  session.handle({ type: 'start', id, ...job } as Start);
  await session.idle();
  if (failure) throw failure;
  return adapter;
}
