// The connection between a page and its session in a test: records the page's requests, and delivers reports by job id.
import type { Command, Event, JobId, JobKind, Report } from '../protocol/index.ts';
import type { Job, Wish } from './desk.ts';

/** The kind of job that sends this report. */
export function kindOf(report: Report): JobKind | undefined {
  if (report.type === 'failed') return report.during === 'checkpoint' ? 'train' : report.during;
  if (report.type === 'reading' || report.type === 'device-lost') return undefined;
  if (report.type === 'device') return 'connect';
  if (['validation', 'examples', 'watched', 'suspicions', 'checkpoint'].includes(report.type)) return 'train';
  return report.type.split('-')[0] as JobKind;
}

export class Line {
  private readonly kinds = new Map<JobId, JobKind>();
  private readonly latest = new Map<JobKind, JobId>();
  private newest: JobId = 0;

  /** @param posted receives the page's requests, without ids */
  constructor(private readonly posted: (Job | Wish)[]) {}

  readonly post = (command: Command): void => {
    if (command.type === 'start') {
      const { id, kind, request } = command;
      this.kinds.set(id, kind);
      this.latest.set(kind, id);
      this.newest = id;
      this.posted.push({ kind, ...request } as Job);
      return;
    }
    const { id, ...control } = command;
    const of = this.kinds.get(id);
    if (!of) throw new Error(`${control.type}: no job has the id ${id}`);
    this.posted.push({ ...control, of });
  };

  /** The id of the job of a kind that was started last. */
  idOf(kind: JobKind | undefined): JobId {
    const id = kind === undefined ? this.newest : this.latest.get(kind);
    if (id === undefined) throw new Error(`no ${kind} job was started`);
    return id;
  }

  /** Deliver reports to the page, each from the last started job of its kind. */
  receiver(get: () => { receive(event: Event): void }) {
    return (...reports: readonly Report[]): void => {
      for (const report of reports) get().receive({ ...report, id: this.idOf(kindOf(report)) } as Event);
    };
  }
}
