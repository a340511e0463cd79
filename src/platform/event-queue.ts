// Events on their way into the store: a fast GPU sends hundreds a second, the page takes them in now and then.

/** Milliseconds from one helping to the next, at least. */
const TAKE_EVERY = 50;
/** Milliseconds that a helping may take, so that the page stays responsive. */
const TAKE_FOR = 12;

/** What the queue needs of a browser; a test gives its own. */
export interface QueueClock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Call `take` once, not before `wait` milliseconds are over: a visible page at its next frame. */
  schedule(take: () => void, wait: number): void;
  isHidden(): boolean;
}

interface Receiver<E> {
  receive(event: E): void;
  /** Called once for each event whose `receive` threw. */
  report(error: unknown): void;
}

/**
 * A queue before `receive`, which gets every event once and in order, one that it threw at included.
 * @returns puts an event into the queue
 */
export function eventQueue<E>({ receive, report }: Receiver<E>, clock: QueueClock): (event: E) => void {
  const queue: E[] = [];
  let scheduled = false;
  let taken = Number.NEGATIVE_INFINITY;
  const schedule = (wait: number) => {
    if (scheduled) return;
    scheduled = true;
    clock.schedule(take, wait);
  };
  const take = () => {
    scheduled = false;
    taken = clock.now();
    let at = 0;
    try {
      for (const event of queue) {
        // Nobody waits for a hidden page, and its timers are rare: all at once.
        if (at > 0 && !clock.isHidden() && clock.now() - taken >= TAKE_FOR) break;
        at++;
        try {
          receive(event);
        } catch (error) {
          report(error);
        }
      }
    } finally {
      // Whatever happened: no event is received twice.
      queue.splice(0, at);
      if (queue.length > 0) schedule(0);
    }
  };
  return (event) => {
    queue.push(event);
    schedule(Math.max(0, taken + TAKE_EVERY - clock.now()));
  };
}

/** The browser's clock. A page that is hidden, or becomes so, gets no frames: then a timer takes their place. */
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
  isHidden: () => document.hidden,
};
