// The jobs of the page: where their ids are made, their starts and controls sent, and reports of others dropped.
import type { Command, Control, Event, JobId, JobKind, Report, RequestOf, Start } from '../protocol/index.ts';

/** The only job of its kind that concerns the page. */
interface Current {
  readonly id: JobId;
  /** Its start was sent. */
  started: boolean;
  /** It ended, or failed. */
  over: boolean;
}

/** Whether a job reports nothing after this. */
const isLast = (kind: JobKind, report: Report) =>
  report.type === 'failed' ? report.during === kind : ['device', 'estimate', `${kind}-end`].includes(report.type);

type SimpleControl = Exclude<Control['type'], 'pace'>;

export class PageJobs {
  private made = 0;
  private readonly current = new Map<JobKind, Current>();

  /**
   * @param post    sends a command to the session
   * @param dropped called when nothing more is taken of a job
   */
  constructor(
    private readonly post: (command: Command) => void,
    private readonly dropped: () => void = () => {},
  ) {}

  /**
   * An id for a job whose request is still being put together. It replaces the job of its kind: that one is stopped, and
   * whatever it still reports is dropped.
   */
  reserve(kind: JobKind): JobId {
    this.drop(kind);
    const id = ++this.made;
    this.current.set(kind, { id, started: false, over: false });
    return id;
  }

  /** Whether no other job has taken the place of this one. */
  isCurrent(id: JobId): boolean {
    return this.kindOf(id) !== undefined;
  }

  /** Start the job that an id was reserved for, unless another has taken its place. */
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

  /** Stop the job of a kind, and drop whatever it still reports. */
  drop(kind: JobKind): void {
    const job = this.current.get(kind);
    if (!job) return;
    if (job.started && !job.over) this.post({ type: 'stop', id: job.id });
    this.current.delete(kind);
    this.dropped();
  }

  /** The kind of the job that an event belongs to; undefined if another has taken its place. */
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
