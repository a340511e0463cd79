// The session in a worker of the page: messages in are commands, messages out are events.
import { Gpu } from '../engine/gpu/adapter.ts';
import type { Command, Event } from './protocol.ts';
import { Session } from './session.ts';

/** The arrays of a segment go over without a copy; each is alone in its buffer and not needed here any more. */
function buffersOf(event: Event): ArrayBuffer[] {
  if (event.type !== 'stream-segment') return [];
  const arrays = [event.memory, event.probabilities, event.write, event.read];
  const buffers = arrays.flatMap((array) =>
    array && array.buffer instanceof ArrayBuffer && array.byteLength === array.buffer.byteLength ? [array.buffer] : [],
  );
  return [...new Set(buffers)];
}

const session = new Session(
  (event) => self.postMessage(event, { transfer: buffersOf(event) }),
  () => Gpu.open(navigator.gpu),
);
self.onmessage = ({ data }: MessageEvent<Command>) => session.handle(data);
