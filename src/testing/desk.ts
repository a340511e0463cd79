// A session in a test: starts and controls jobs, keeps all reports, and waits for reports.
import { expect } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Command, Control, Event, JobId, JobKind, Report, ReportOf, RequestOf, Start } from '../protocol/index.ts';
import { Session } from '../session/session.ts';
import { testGpu } from './gpu.ts';

export type Of<T extends Report['type']> = ReportOf<T>;

type JobOf<K extends JobKind> = { readonly kind: K } & RequestOf<K>;
/** A job to start, with its request; the desk assigns its id. */
export type Job<K extends JobKind = JobKind> = { readonly [J in K]: JobOf<J> }[K];
/** A control of a job by its id, or of the job of a kind that was started last. */
export type Wish =
  | Control
  | { readonly type: 'pause' | 'continue' | 'step' | 'stop' | 'checkpoint'; readonly of: JobKind }
  | { readonly type: 'pace'; readonly of: JobKind; readonly interval: number }
  | { readonly type: 'watch'; readonly of: JobKind; readonly wanted: boolean };

export const ofType = <T extends Report['type']>(events: readonly Report[], type: T): Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type);

/** The types of the events, in order; whether figures are suspicious depends on the figures. */
export const story = (events: readonly Report[]) =>
  events.flatMap(({ type }) => (type === 'suspicions' ? [] : [type])).join(' ');

export function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  return item === undefined ? expect.fail('the list is empty') : item;
}

/** A session, and all its reports. */
export class Desk {
  /** The reports without ids, so that two jobs with the same work have equal reports. */
  readonly events: Report[] = [];
  /** The reports with the ids of their jobs. */
  readonly received: Event[] = [];
  private made = 0;
  private readonly latest = new Map<JobKind, JobId>();
  private readonly session: Session;
  private readonly watchers = new Set<() => void>();

  constructor(open: () => Promise<Gpu> = testGpu) {
    this.session = new Session((event) => {
      this.received.push(event);
      const { id: _, ...report } = event;
      this.events.push(report);
      for (const look of [...this.watchers]) look();
    }, open);
  }

  send(...wishes: readonly (Job | Wish)[]): void {
    for (const each of wishes) this.session.handle(this.commandOf(each));
  }

  /** The id of the job of a kind that was started last. */
  idOf(kind: JobKind): JobId {
    return this.latest.get(kind) ?? expect.fail(`no ${kind} job was started`);
  }

  private commandOf(each: Job | Wish): Command {
    if ('kind' in each) {
      const { kind, ...request } = each;
      const id = ++this.made;
      this.latest.set(kind, id);
      return { type: 'start', id, kind, request } as Start;
    }
    if ('id' in each) return each;
    const { of, ...control } = each;
    // An unused id if no such job was started.
    return { ...control, id: this.latest.get(of) ?? 0 };
  }

  /** Send, and wait for the first event of a type. Rejects if a job fails in the meantime. */
  ask<T extends Report['type']>(
    wishes: Job | Wish | readonly (Job | Wish)[],
    type: T,
    wanted: (event: Of<T>) => boolean = () => true,
  ): Promise<Of<T>> {
    let from = this.events.length;
    return new Promise((resolve, reject) => {
      const look = () => {
        for (const event of this.events.slice(from)) {
          from++;
          const [found] = ofType([event], type);
          const failed = event.type === 'failed' || event.type === 'device-lost';
          if (!(found && wanted(found)) && !failed) continue;
          this.watchers.delete(look);
          if (found) resolve(found);
          else reject(new Error(`waiting for ${type}: ${JSON.stringify(event).slice(0, 500)}`));
          return;
        }
      };
      this.watchers.add(look);
      this.send(...[wishes].flat());
    });
  }

  /** Send, and wait until no job is running. @returns the reports in the meantime */
  async run(...wishes: readonly (Job | Wish)[]): Promise<Report[]> {
    const from = this.events.length;
    this.send(...wishes);
    await this.idle();
    return this.events.slice(from);
  }

  idle(): Promise<void> {
    return this.session.idle();
  }
}
