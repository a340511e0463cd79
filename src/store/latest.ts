// One job of a kind at a time: while one is being started, only the newest wish for another is remembered.
import type { Command } from '../protocol/index.ts';

/**
 * The session answers every start with a begin or a failure, in order. Until that answer no further start is sent, so
 * results can always be told apart: those between `answered` and the next start belong to the job on the page.
 */
export class Latest<C extends Command> {
  private starting = false;
  private next: C | undefined;

  constructor(private readonly post: (command: C) => void) {}

  start(command: C): void {
    if (this.starting) this.next = command;
    else {
      this.starting = true;
      this.post(command);
    }
  }

  /** Forget a start that was not sent. */
  drop(): void {
    this.next = undefined;
  }

  /** A begin or a failure came. Returns whether it belongs to the newest start. */
  answered(): boolean {
    this.starting = false;
    const { next } = this;
    this.next = undefined;
    if (next) this.start(next);
    return next === undefined;
  }

  /** Whether what arrives now belongs to a job that another one is about to replace. */
  get replacing(): boolean {
    return this.starting;
  }
}
