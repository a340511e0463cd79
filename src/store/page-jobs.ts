// The jobs of the page: creates ids, sends starts and controls, and drops reports of replaced jobs.
import type { Command, Control, Event, JobId, JobKind, Report, RequestOf, Start } from '../protocol/index.ts';

/** The current job of a kind. */
interface Current {
  readonly id: JobId;
  /** Whether its start was sent. */
  started: boolean;
  /** Whether it ended or failed. */
  over: boolean;
}

/** Whether this is a job's last report. */
const isLast = (kind: JobKind, report: Report) =>
  report.type === 'failed' ? report.during === kind : ['device', 'estimate', `${kind}-end`].includes(report.type);

type SimpleControl = Exclude<Control['type'], 'pace' | 'watch'>;

export class PageJobs {
  private made = 0;
  private readonly current = new Map<JobKind, Current>();

  /**
   * @param post    sends a command to the session
   * @param dropped called when a job's further reports are to be ignored
   */
  constructor(
    private readonly post: (command: Command) => void,
    private readonly dropped: () => void = () => {},
  ) {}

  /**
   * Reserve an id for a job whose request is still being prepared. It replaces the job of its kind, which is stopped and
   * whose further reports are dropped.
   */
  reserve(kind: JobKind): JobId {
    this.drop(kind);
    const id = ++this.made;
    this.current.set(kind, { id, started: false, over: false });
    return id;
  }

  /** Whether this job has not been replaced. */
  isCurrent(id: JobId): boolean {
    return this.kindOf(id) !== undefined;
  }

  /** Start the job with a reserved id, unless it has been replaced. */
  start<K extends JobKind>(id: JobId, kind: K, request: RequestOf<K>): void {
    const job = this.current.get(kind);
    if (job?.id !== id) return;
    job.started = true;
    this.post({ type: 'start', id, kind, request } as Start);
  }

  /** Start a job at once. */
  begin<K extends JobKind>(kind: K, request: RequestOf<K>): void {
    this.start(this.reserve(kind), kind, request);
  }

  /** Control the job of a kind. Returns whether one was started. */
  control(kind: JobKind, type: SimpleControl): boolean {
    const job = this.current.get(kind);
    if (!job?.started) return false;
    this.post({ type, id: job.id });
    return true;
  }

  pace(kind: JobKind, interval: number): void {
    const job = this.current.get(kind);
    if (job?.started) this.post({ type: 'pace', id: job.id, interval });
  }

  watch(kind: JobKind, wanted: boolean): void {
    const job = this.current.get(kind);
    if (job?.started) this.post({ type: 'watch', id: job.id, wanted });
  }

  /** Stop the job of a kind and drop its further reports. */
  drop(kind: JobKind): void {
    const job = this.current.get(kind);
    if (!job) return;
    if (job.started && !job.over) this.post({ type: 'stop', id: job.id });
    this.current.delete(kind);
    this.dropped();
  }

  /** The kind of the job that an event belongs to; undefined if that job has been replaced. */
  take({ id, ...report }: Event): JobKind | undefined {
    const kind = this.kindOf(id);
    const job = kind && this.current.get(kind);
    if (job && kind && isLast(kind, report)) job.over = true;
    return kind;
  }

  private kindOf(id: JobId): JobKind | undefined {
    for (const [kind, job] of this.current) if (job.id === id) return kind;
    return undefined;
  }
}
