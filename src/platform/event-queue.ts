// Batches events before they reach the store: a fast GPU sends hundreds per second.

/** Minimum milliseconds between two batches. */
const TAKE_EVERY = 50;
/** The same where only frequent events wait, as a multiple of what the last batch took with its drawing, and its maximum. */
const TAKE_TIMES = 3;
const TAKE_WITHIN = 250;
/** Maximum milliseconds per batch, so that the page stays responsive. */
const TAKE_FOR = 12;

/** The browser functions that the queue needs; a test provides its own. */
export interface QueueClock {
  /** Milliseconds since a fixed moment. */
  now(): number;
  /** Call `take` once, after at least `wait` milliseconds; on a visible page at the next frame. */
  schedule(take: () => void, wait: number): void;
  /** Call `done` once what has changed is drawn. */
  drawn(done: () => void): void;
  isHidden(): boolean;
}

interface Receiver<E> {
  receive(event: E): void;
  /** Whether an event is one of many, of which each tells little: where drawing is slow, these wait longer. */
  isFrequent(event: E): boolean;
  /** Called once per event whose `receive` threw. */
  report(error: unknown): void;
}

/**
 * A queue before `receive`, which gets every event once and in order, including one on which it throws.
 * @returns puts an event into the queue
 */
export function eventQueue<E extends object | string>(
  { receive, report, isFrequent }: Receiver<E>,
  clock: QueueClock,
): (event: E) => void {
  const queue: E[] = [];
  /** When the next batch is due. */
  let due = Number.POSITIVE_INFINITY;
  let taken = Number.NEGATIVE_INFINITY;
  let pause = TAKE_EVERY;
  const schedule = (wait: number) => {
    const at = clock.now() + wait;
    if (due <= at) return;
    due = at;
    clock.schedule(() => {
      // A batch that was scheduled later came first.
      if (due === at) take();
    }, wait);
  };
  const take = () => {
    due = Number.POSITIVE_INFINITY;
    const began = clock.now();
    taken = began;
    // Where drawing is slow, most of the time is left to what sends the events.
    clock.drawn(() => {
      pause = Math.max(TAKE_EVERY, Math.min(TAKE_WITHIN, TAKE_TIMES * (clock.now() - began)));
    });
    try {
      // Each event leaves the queue before it is received: whatever happens then, it is not received twice.
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        try {
          receive(event);
        } catch (error) {
          report(error);
        }
        // A hidden page need not stay responsive and its timers are rare, so everything is delivered at once.
        if (!clock.isHidden() && clock.now() - taken >= TAKE_FOR) break;
      }
    } finally {
      if (queue.length > 0) schedule(0);
    }
  };
  return (event) => {
    queue.push(event);
    // The timers of a hidden page fire once a second or less: a checkpoint would wait, and the page may be closed.
    if (clock.isHidden()) return take();
    schedule(Math.max(0, taken + (isFrequent(event) ? pause : TAKE_EVERY) - clock.now()));
  };
}

/** The browser's clock. A hidden page gets no animation frames, so it uses a timer. */
export const browserClock: QueueClock = {
  now: () => performance.now(),
  schedule(take, wait) {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      take();
    };
    setTimeout(() => {
      requestAnimationFrame(once);
      setTimeout(once, document.hidden ? 0 : 200);
    }, wait);
  },
  drawn(done) {
    // A message sent in a frame arrives after it.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(undefined);
  },
  isHidden: () => document.hidden,
};
