import { describe, expect, it } from 'vitest';
import { eventQueue } from './event-queue.ts';

/** A queue on a clock that stands still until it is moved, and what came out of it. */
function held({ takes = 0, throwsAt }: { takes?: number; throwsAt?: string } = {}) {
  let time = 1000;
  let hidden = false;
  let waiting: { take: () => void; due: number } | undefined;
  const received: string[] = [];
  const reported: unknown[] = [];
  const push = eventQueue<string>(
    {
      receive(event) {
        time += takes;
        received.push(event);
        if (event === throwsAt) throw new Error(`no ${event}`);
      },
      report: (error) => reported.push(error),
    },
    {
      now: () => time,
      schedule(take, wait) {
        expect(waiting, 'one helping at a time is waited for').toBeUndefined();
        waiting = { take, due: time + wait };
      },
      isHidden: () => hidden,
    },
  );
  return {
    push: (...events: string[]) => events.forEach(push),
    /** Let the next helping happen; returns the milliseconds it was waited for. */
    next() {
      if (!waiting) throw new Error('nothing is scheduled');
      const { take, due } = waiting;
      waiting = undefined;
      const waited = due - time;
      time = due;
      take();
      return waited;
    },
    hide: () => {
      hidden = true;
    },
    isWaiting: () => waiting !== undefined,
    received,
    reported,
  };
}

describe('the queue of events', () => {
  it('hands them on in order, all that came meanwhile in one helping', () => {
    const queue = held();
    queue.push('a', 'b', 'c');
    expect(queue.received).toEqual([]);
    expect(queue.next()).toBe(0);
    expect(queue.received).toEqual(['a', 'b', 'c']);
    expect(queue.isWaiting()).toBe(false);
  });

  it('lets 50 milliseconds pass from one helping to the next', () => {
    const queue = held();
    queue.push('a');
    queue.next();
    queue.push('b');
    expect(queue.next()).toBe(50);
    expect(queue.received).toEqual(['a', 'b']);
  });

  it('ends a helping after 12 milliseconds, and takes the rest at once', () => {
    const queue = held({ takes: 6 });
    queue.push('a', 'b', 'c', 'd', 'e');
    queue.next();
    expect(queue.received).toEqual(['a', 'b']);
    expect(queue.next()).toBe(0);
    expect(queue.received).toEqual(['a', 'b', 'c', 'd']);
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(queue.isWaiting()).toBe(false);
  });

  it('takes at least one, however long that is', () => {
    const queue = held({ takes: 1000 });
    queue.push('a', 'b');
    queue.next();
    expect(queue.received).toEqual(['a']);
  });

  it('takes all at once where nobody looks', () => {
    const queue = held({ takes: 6 });
    queue.push('a', 'b', 'c', 'd');
    queue.hide();
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reports a failing event once, and hands on the rest', () => {
    const queue = held({ throwsAt: 'b' });
    queue.push('a', 'b', 'c');
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c']);
    expect(queue.reported).toEqual([new Error('no b')]);
    queue.push('d');
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.reported).toHaveLength(1);
  });
});
