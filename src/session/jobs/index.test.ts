// Every job has a file with its request and events, a file that runs it, and a slice that processes its events.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { JobKind } from '../../protocol/index.ts';
import { slicesOf } from '../../store/slices/index.ts';
import { jobs } from './index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const filesIn = (folder: string) =>
  readdirSync(join(here, folder))
    .filter((file) => /\.ts$/.test(file) && !/\.test\.ts$/.test(file) && file !== 'index.ts')
    .map((file) => file.replace('.ts', ''))
    .sort();
const kinds = Object.keys(jobs) as JobKind[];

describe('jobs', () => {
  it('have one file each in protocol/ and here, and there are no others', () => {
    expect(filesIn('../../protocol')).toEqual([...kinds].sort());
    expect(filesIn('.')).toEqual([...kinds].sort());
  });

  it.each(kinds)('%s is in the table under its own name, and a slice processes its events', (kind) => {
    expect(jobs[kind].kind).toBe(kind);
    expect(slicesOf(kind)).not.toEqual([]);
  });

  it('that are exclusive share a queue, do not end exclusive jobs, and block no other queue', () => {
    const exclusive = kinds.filter((kind) => jobs[kind].exclusive);
    expect(exclusive).toEqual(['bench', 'measure', 'check', 'tune']);
    for (const kind of exclusive) {
      expect(jobs[kind].queue).toBe('exclusive');
      expect(jobs[kind].beginsWork).toBeUndefined();
      expect(jobs[kind].busyWith).toBeUndefined();
    }
    const others = kinds.filter((kind) => !jobs[kind].exclusive);
    expect(others.map((kind) => jobs[kind].queue)).toEqual(others);
  });
});
