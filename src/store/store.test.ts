// How the store passes on what the session reports.
import { expect, it } from 'vitest';
import type { Command, Event, Report } from '../protocol/index.ts';
import { model, progress } from '../testing/store-page.ts';
import { memoryStorage } from './library/storage.ts';
import { createPlayground } from './store.ts';

it('an error in one part of the state does not keep a report from the others', () => {
  const posted: Command[] = [];
  const store = createPlayground({
    post: (command) => void posted.push(command),
    fetchFile: () => Promise.reject(new Error('none')),
    runs: memoryStorage(),
    obstacle: undefined,
  });
  const { getState: get } = store;
  get().run.start();
  const id = posted.at(-1)?.id ?? expect.fail('nothing was started');
  const receive = (report: Report) => get().receive({ ...report, id } as Event);
  receive({ type: 'train-begin', model, progress });
  receive({ type: 'examples', progress, segments: 1, items: [] });
  expect(get().examples.latest).toBeDefined();
  // The run's part comes first; whatever draws it fails.
  const stop = store.subscribe(({ run }, before) => {
    if (run !== before.run) throw new Error('cannot be drawn');
  });
  expect(() => receive({ type: 'train-begin', model, progress })).toThrow('cannot be drawn');
  expect(get().examples.latest).toBeUndefined();
  expect(() => receive({ type: 'device-lost', message: 'gone' })).toThrow('cannot be drawn');
  expect(get().device.status).toBe('lost');
  stop();
  receive({ type: 'device-lost', message: 'gone' });
  expect(get().run.status).toBe('lost');
});
