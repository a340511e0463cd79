import { describe, expect, it } from 'vitest';
import { eventQueue } from './event-queue.ts';

interface Held {
  /** Milliseconds that drawing takes. */
  readonly draws?: number;
  /** Milliseconds that receiving an event takes. */
  readonly takes?: number;
  readonly throwsAt?: string;
  readonly reportThrows?: boolean;
}

/** A queue on a manual clock, with its received and reported events. */
function held({ draws = 0, takes = 0, throwsAt, reportThrows = false }: Held = {}) {
  let time = 1000;
  let hidden = false;
  /** The batches that are scheduled, the soonest first. */
  const waiting: { take: () => void; due: number }[] = [];
  let drawn: (() => void) | undefined;
  const received: string[] = [];
  const reported: unknown[] = [];
  const push = eventQueue<string>(
    {
      receive(event) {
        time += takes;
        received.push(event);
        if (event === throwsAt) throw new Error(`no ${event}`);
      },
      report: (error) => {
        if (reportThrows) throw new Error('no report');
        reported.push(error);
      },
      isFrequent: (event) => event !== 'end',
    },
    {
      now: () => time,
      schedule(take, wait) {
        expect(time + wait, 'a batch is scheduled only if it is sooner').toBeLessThan(waiting[0]?.due ?? Infinity);
        waiting.unshift({ take, due: time + wait });
      },
      drawn(done) {
        drawn = done;
      },
      isHidden: () => hidden,
    },
  );
  return {
    push: (...events: string[]) => events.forEach(push),
    /** Run the next batch; returns the milliseconds waited for it. */
    next() {
      const { take, due } = waiting.shift() ?? {};
      if (!take || due === undefined) throw new Error('nothing is scheduled');
      const waited = due - time;
      time = due;
      take();
      time += draws;
      drawn?.();
      return waited;
    },
    hide: () => {
      hidden = true;
    },
    isWaiting: () => waiting.length > 0,
    received,
    reported,
  };
}

describe('the queue of events', () => {
  it('delivers events in order, all that arrived in one batch', () => {
    const queue = held();
    queue.push('a', 'b', 'c');
    expect(queue.received).toEqual([]);
    expect(queue.next()).toBe(0);
    expect(queue.received).toEqual(['a', 'b', 'c']);
    expect(queue.isWaiting()).toBe(false);
  });

  it('waits 50 milliseconds between two batches', () => {
    const queue = held();
    queue.push('a');
    queue.next();
    queue.push('b');
    expect(queue.next()).toBe(50);
    expect(queue.received).toEqual(['a', 'b']);
  });

  it('waits three times as long as the last batch took to receive and draw, where that is longer', () => {
    const queue = held({ takes: 5, draws: 35 });
    queue.push('a');
    queue.next();
    queue.push('b');
    expect(queue.next()).toBe(3 * 40 - 40);
    expect(queue.received).toEqual(['a', 'b']);
  });

  it('waits no longer than a quarter of a second after a slow drawing', () => {
    const queue = held({ draws: 200 });
    queue.push('a');
    queue.next();
    queue.push('b');
    expect(queue.next()).toBe(250 - 200);
  });

  it('waits 50 milliseconds for other events, and brings those before them along', () => {
    const queue = held({ draws: 80 });
    queue.push('a');
    queue.next();
    queue.push('b', 'end');
    expect(queue.next()).toBe(0);
    expect(queue.received).toEqual(['a', 'b', 'end']);
    // The batch that 'b' would have waited for has nothing to take.
    expect(queue.next()).toBeGreaterThan(0);
    expect(queue.received).toHaveLength(3);
    queue.push('c');
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'end', 'c']);
  });

  it('ends a batch after 12 milliseconds, and continues with the rest', () => {
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

  it('delivers at least one event, however long it takes', () => {
    const queue = held({ takes: 1000 });
    queue.push('a', 'b');
    queue.next();
    expect(queue.received).toEqual(['a']);
  });

  it('delivers at once what arrives on a hidden page, whose timers are rare', () => {
    const queue = held();
    queue.push('a');
    queue.hide();
    queue.push('b');
    expect(queue.received).toEqual(['a', 'b']);
    queue.next();
    expect(queue.received).toEqual(['a', 'b']);
    queue.push('c');
    expect(queue.received).toEqual(['a', 'b', 'c']);
  });

  it('delivers all at once when the page was hidden meanwhile', () => {
    const queue = held({ takes: 6 });
    queue.push('a', 'b', 'c', 'd');
    queue.hide();
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reports a failing event once, and delivers the rest', () => {
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

  it('delivers no event twice, even if reporting an error fails', () => {
    const queue = held({ throwsAt: 'b', reportThrows: true });
    queue.push('a', 'b', 'c');
    expect(() => queue.next()).toThrow('no report');
    expect(queue.received).toEqual(['a', 'b']);
    queue.next();
    expect(queue.received).toEqual(['a', 'b', 'c']);
  });
});
