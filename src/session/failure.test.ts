// What a failure reports: the message for people, the parts for the page's own sentences, and why there is no adapter.
import { expect, it } from 'vitest';
import { AdapterError, InputError } from '../errors.ts';
import type { Event } from '../protocol/index.ts';
import { Session } from './session.ts';

async function failureOf(error: Error): Promise<Event | undefined> {
  const events: Event[] = [];
  const session = new Session(
    (event) => events.push(event),
    () => Promise.reject(error),
  );
  session.handle({ type: 'start', id: 1, kind: 'connect', request: {} });
  await session.idle();
  return events.at(-1);
}

it('a failure carries what the page needs for its own sentence', async () => {
  const common = { type: 'failed', id: 1, during: 'connect' };
  expect(await failureOf(new InputError('a.txt', 'no text', 'words'))).toEqual({
    ...common,
    message: 'a.txt: no text (expected words)',
    status: 2,
    input: { where: 'a.txt', found: 'no text', expected: 'words' },
  });
  expect(await failureOf(new AdapterError('no-adapter', 'adapter: none'))).toEqual({
    ...common,
    message: 'adapter: none',
    status: 1,
    adapter: 'no-adapter',
  });
  expect(await failureOf(new TypeError('x is undefined'))).toEqual({ ...common, message: 'x is undefined', status: 1 });
});
