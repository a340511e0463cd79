// A session at work in a test: commands in, everything it tells kept, and the wait for what is to come.
import { expect } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Command, Event } from '../protocol/index.ts';
import { Session } from '../session/session.ts';
import { testGpu } from './gpu.ts';

export type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

export const ofType = <T extends Event['type']>(events: readonly Event[], type: T): Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type);

/** The types of the events, in order. */
export const story = (events: readonly Event[]) => events.map(({ type }) => type).join(' ');

export function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  return item === undefined ? expect.fail('there is none') : item;
}

/** A session at work, and all it has told. */
export class Desk {
  readonly events: Event[] = [];
  private readonly session: Session;
  private readonly watchers = new Set<() => void>();

  constructor(open: () => Promise<Gpu> = testGpu) {
    this.session = new Session((event) => {
      this.events.push(event);
      for (const look of [...this.watchers]) look();
    }, open);
  }

  send(...commands: readonly Command[]): void {
    for (const command of commands) this.session.handle(command);
  }

  /** Send, and wait for the first event of a type. Whatever fails meanwhile fails here. */
  ask<T extends Event['type']>(
    commands: Command | readonly Command[],
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
      this.send(...[commands].flat());
    });
  }

  /** Send, and wait until nothing is going on any more; what was told meanwhile. */
  async run(...commands: readonly Command[]): Promise<Event[]> {
    const from = this.events.length;
    this.send(...commands);
    await this.idle();
    return this.events.slice(from);
  }

  idle(): Promise<void> {
    return this.session.idle();
  }
}
