// The session in a worker of the page: incoming messages are commands, outgoing messages are events.
import { Gpu } from '../engine/gpu/adapter.ts';
import { openTuned } from '../engine/gpu/tune.ts';
import { keyValues } from '../platform/key-values.ts';
import { withLock } from '../platform/locks.ts';
import type { Command, Event } from '../protocol/index.ts';
import { Session } from './session.ts';

/** Large arrays are transferred instead of copied; each has its own buffer and is not needed here any more. */
function buffersOf(event: Event): ArrayBuffer[] {
  if (event.type === 'checkpoint') return [event.bytes.buffer];
  if (event.type === 'capture-end') return event.bytes ? [event.bytes.buffer] : [];
  if (event.type === 'export-end') return [event.zip.buffer];
  if (event.type !== 'stream-segment' && event.type !== 'look-segment') return [];
  const arrays =
    event.type === 'look-segment'
      ? [event.attention]
      : [event.memory, event.left, event.probabilities, event.write, event.read];
  const buffers = arrays.flatMap((array) =>
    array && array.buffer instanceof ArrayBuffer && array.byteLength === array.buffer.byteLength ? [array.buffer] : [],
  );
  return [...new Set(buffers)];
}

/** Stores the variants chosen for a hardware adapter between visits. */
const tuningMemory = {
  recall: (adapter: string) => keyValues.get(`tuning of ${adapter}`),
  keep: (adapter: string, names: unknown) => keyValues.set(`tuning of ${adapter}`, names),
};

/**
 * One tab at a time: timings taken while another tab is timing would be wrong, and that tab's unfinished trial would look
 * like a lost device.
 */
function open(): Promise<Gpu> {
  return withLock('rmt-playground tuning', () => openTuned(() => Gpu.open(navigator.gpu), tuningMemory));
}

const session = new Session((event) => self.postMessage(event, { transfer: buffersOf(event) }), open);
self.onmessage = ({ data }: MessageEvent<Command>) => session.handle(data);
