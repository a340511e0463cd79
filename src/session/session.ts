// The session: starts jobs in their queues on one GPU device, passes controls on to them, and posts their events.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { dispatchMicroseconds, probe } from '../engine/gpu/probe.ts';
import type { Speed } from '../engine/gpu/work.ts';
import { AdapterError, DeviceLostError, InputError } from '../errors.ts';
import type { Command, Control, Event, Failed, JobId, JobKind, Post, Report, StartOf } from '../protocol/index.ts';
import { Gate } from './gate.ts';
import type { Job, JobContext } from './job.ts';
import { jobs } from './jobs/index.ts';
import { TrainingState } from './training-state.ts';

/** A job that was started and has not ended. */
interface Active {
  readonly job: Pick<Job<JobKind>, 'kind' | 'queue' | 'exclusive' | 'beginsWork' | 'busyWith'>;
  readonly gate: Gate;
  /** Another job replaced it. */
  isReplaced: boolean;
}

/** What a failure report says about an error besides its message. */
function detailsOf(error: unknown): Pick<Failed, 'status' | 'input' | 'adapter'> {
  if (error instanceof AdapterError) return { status: 1, adapter: error.reason };
  if (!(error instanceof InputError)) return { status: 1 };
  const { where, found, expected } = error;
  return { status: 2, input: { where, found, expected } };
}

export class Session {
  private gpu: Promise<Gpu> | undefined;
  private readonly active = new Map<JobId, Active>();
  /** The end of each queue: its jobs run one after the other. */
  private readonly tails = new Map<string, Promise<void>>();
  private readonly training = new TrainingState();
  /** The adapter's rates, once measured. */
  private speed: Speed | undefined;
  /** The device loss that was reported last. */
  private lost: DeviceLostError | undefined;

  /**
   * @param post    receives the events
   * @param openGpu opens the adapter; called once, and again after the device was lost
   */
  constructor(
    private readonly post: Post,
    private readonly openGpu: () => Promise<Gpu>,
  ) {}

  /** Start a job, or control one; controls of a finished job are ignored. */
  handle(command: Command): void {
    const { type, id } = command;
    if (type === 'start') this.start(command);
    else if (type === 'checkpoint') this.enqueue('checkpoint', id, 'checkpoint', () => this.checkpoint(id));
    else this.control(command);
  }

  /** Resolves when every job started so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.tails.values());
  }

  private start<K extends JobKind>({ id, kind, request }: StartOf<K>): void {
    const job: Job<K> = jobs[kind];
    this.stopExclusiveJobs(job);
    if (job.replaces)
      for (const before of this.active.values())
        if (before.job.queue === job.queue) {
          before.isReplaced = true;
          before.gate.stop();
        }
    const active: Active = { job, gate: job.gate?.(request) ?? new Gate(), isReplaced: false };
    this.active.set(id, active);
    this.enqueue(job.queue, id, kind, async () => {
      try {
        // A job that was replaced before it began reports nothing.
        if (active.isReplaced) return;
        const busy = job.exclusive && this.busyWith();
        if (busy) throw new InputError(kind, `${busy} is using the GPU`, 'an idle GPU; pause or stop it first');
        for await (const report of job.run(this.contextOf(id, active), request, active.gate)) this.report(id, report);
      } finally {
        this.active.delete(id);
      }
    });
  }

  private control(command: Control): void {
    const active = this.active.get(command.id);
    if (!active) return;
    const { job, gate } = active;
    if (command.type === 'continue' || command.type === 'step') this.stopExclusiveJobs(job);
    if (command.type === 'pause') gate.pause();
    else if (command.type === 'continue') gate.continue();
    else if (command.type === 'step') gate.step();
    else if (command.type === 'stop') gate.stop();
    else if (command.type === 'pace') gate.pace(command.interval);
    else if (command.type === 'watch') gate.watched = command.wanted;
  }

  /** End exclusive jobs when other work on the GPU is about to begin. */
  private stopExclusiveJobs({ beginsWork }: Pick<Job<JobKind>, 'beginsWork'>): void {
    if (beginsWork) for (const { job, gate } of this.active.values()) if (job.exclusive) gate.stop();
  }

  /** Run work after everything in its queue; an exception becomes an event. */
  private enqueue(queue: string, id: JobId, during: Failed['during'], work: () => Promise<void>): void {
    const before = this.tails.get(queue) ?? Promise.resolve();
    this.tails.set(
      queue,
      before.then(work).catch((error: unknown) => this.fail(id, during, error)),
    );
  }

  private async checkpoint(id: JobId): Promise<void> {
    const report = await this.training.checkpoint(id);
    if (report) this.report(id, report);
  }

  private report(id: JobId, report: Report): void {
    this.post({ ...report, id } as Event);
  }

  private fail(id: JobId, during: Failed['during'], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof DeviceLostError)) {
      this.report(id, { type: 'failed', during, message, ...detailsOf(error) });
      return;
    }
    // All jobs on the device fail with the same error; report it once.
    if (error === this.lost) return;
    this.lost = error;
    const { lastCheckpoint: checkpoint } = this.training;
    this.report(id, { type: 'device-lost', message, ...(checkpoint ? { checkpoint } : {}) });
  }

  private contextOf(id: JobId, active: Active): JobContext {
    return {
      id,
      device: () => this.device(),
      speed: (gpu) => this.probedSpeed(gpu),
      reading: (name, share) => {
        // The job that replaced it need not wait until a large file is read.
        if (active.isReplaced) throw new Error('replaced by another job of its kind');
        this.report(id, { type: 'reading', name, share });
      },
      training: this.training,
    };
  }

  /** The device; a new one if there is none yet, or the last one failed. */
  private device(): Promise<Gpu> {
    if (!this.gpu) {
      const opening = this.openGpu();
      const forget = () => {
        if (this.gpu === opening) this.gpu = undefined;
      };
      opening.then((gpu) => gpu.onFailure(forget), forget);
      this.gpu = opening;
    }
    return this.gpu;
  }

  /** What keeps the GPU busy, other than an exclusive job. */
  private busyWith(): string | undefined {
    const busy = [...this.active.values()].filter(({ gate }) => !gate.paused && !gate.stopped);
    return busy.map(({ job }) => job.busyWith).find((what) => what !== undefined);
  }

  /** The adapter's rates, measured when it is otherwise idle; undefined until then. */
  private async probedSpeed(gpu: Gpu): Promise<Speed | undefined> {
    const isAlone = [...this.active.values()].every(({ job }) => !job.exclusive);
    if (!isAlone || this.busyWith() !== undefined) return this.speed;
    this.speed ??= { ...(await probe(gpu)), dispatchMicroseconds: await dispatchMicroseconds(gpu) };
    return this.speed;
  }
}
