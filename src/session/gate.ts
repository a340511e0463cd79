// A gate between two steps of a job, which can be paused, stepped, paced and closed.

export class Gate {
  stopped = false;
  /** A checkpoint was requested, due once the current step has been reported. */
  checkpointDue = false;
  /** Somebody looks at the document that a run reads at its validations. */
  watched = false;
  /** Steps requested but not yet begun. */
  private steps = 0;
  private wake: (() => void) | undefined;
  /** When the last step began. */
  private last = 0;

  /** @param interval minimum milliseconds from one step to the next */
  constructor(
    public paused = false,
    private interval = 0,
  ) {}

  pace(interval: number): void {
    this.interval = interval;
    this.wake?.();
  }

  pause(): void {
    this.paused = true;
  }

  continue(): void {
    this.paused = false;
    this.steps = 0;
    this.wake?.();
  }

  step(): void {
    this.paused = true;
    this.steps++;
    this.wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  /** Whether steps are wanted one by one, not as fast as possible. */
  get isPaced(): boolean {
    return this.paused || this.interval > 0;
  }

  /** Whether the job waits for a command. */
  get held(): boolean {
    return this.paused && this.steps === 0 && !this.stopped;
  }

  /**
   * Wait while paused, or until the next step is due.
   * @param pausing the event to report when a wait for the user begins
   * @returns whether to take another step
   */
  async *pass<R>(pausing: () => AsyncIterable<R>): AsyncGenerator<R, boolean, void> {
    while (this.held || this.early > 0) {
      if (this.held) yield* pausing();
      // A command may have arrived meanwhile.
      const { held, early } = this;
      if (!held && early <= 0) break;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (!held) timer = setTimeout(resolve, early);
      });
      clearTimeout(timer);
      this.wake = undefined;
    }
    if (this.steps > 0) this.steps--;
    this.last = performance.now();
    return !this.stopped;
  }

  /** Milliseconds until the next step is due; a requested step is due at once. */
  private get early(): number {
    if (this.interval === 0 || this.stopped || this.paused) return 0;
    return this.last + this.interval - performance.now();
  }
}
