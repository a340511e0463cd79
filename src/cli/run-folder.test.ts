// The folder of a run: one process at a time, nothing foreign overwritten, nothing left by a killed run.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { temporaryFolder } from '../testing/cli.ts';
import { lockFolder, lockName } from './lock.ts';
import { RunFolder } from './run-folder.ts';

let here: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  here = temporaryFolder();
});
afterEach(() => here.remove());
const at = (name: string) => join(here.folder, name);
const files = () => readdirSync(here.folder, { recursive: true, encoding: 'utf8' }).sort();
const step = (n: number) => `{"type":"step","step":${n},"loss":1.5}`;
const deadProcess = () => spawnSync(process.execPath, ['--version']).pid;
const lockOf = (holder: object) => writeFileSync(at(lockName), JSON.stringify(holder));
const open = (resume = false) => RunFolder.open(here.folder, resume, []);

describe('the lock', () => {
  it('refuses a second run, in this process or another, and is gone afterwards', () => {
    const lock = lockFolder('run', here.folder);
    expect(lock.deadHolder).toBeUndefined();
    const taken = (pid: number) =>
      new InputError(
        'run',
        `process ${pid} on ${hostname()} is writing a run there`,
        `another folder; if that process is gone, remove '${at(lockName)}'`,
      );
    expect(() => lockFolder('run', here.folder)).toThrow(taken(process.pid));
    lock.release();
    expect(files()).toEqual([]);
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    try {
      lockOf({ pid: other.pid, host: hostname() });
      expect(() => lockFolder('run', here.folder)).toThrow(taken(other.pid ?? 0));
    } finally {
      other.kill();
    }
  });

  it('is taken over from a process that is gone, and that is said', () => {
    const pid = deadProcess();
    lockOf({ pid, host: hostname() });
    const run = open();
    expect(run.notice).toBe(`train: --out ${here.folder}: took over the lock of process ${pid}, which is gone`);
    run.close();
    expect(files()).toEqual([]);
  });

  it('is known to be of a killed run even if another process was killed while it took it over', () => {
    const killed = deadProcess();
    const machine = hostname().replace(/[^\w-]/g, '_');
    writeFileSync(
      at(`${lockName}.old.${machine}.${deadProcess()}.tmp`),
      JSON.stringify({ pid: killed, host: hostname() }),
    );
    writeFileSync(at('metrics.jsonl'), `${step(1)}\n`);
    const run = open();
    expect(run.notice).toContain(`process ${killed}, which is gone`);
    run.close();
    expect(files()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('is taken over if its process number belongs to another process now', () => {
    lockOf({ pid: process.ppid, host: hostname(), began: 'another boot 12345' });
    const lock = lockFolder('run', here.folder);
    expect(lock.deadHolder?.pid).toBe(process.ppid);
    lock.release();
  });

  it('of another machine is respected', () => {
    lockOf({ pid: deadProcess(), host: 'elsewhere' });
    expect(() => open()).toThrow(/process \d+ on elsewhere is writing a run there \(expected another folder; if /);
  });

  it('that is something else is refused and kept', () => {
    writeFileSync(at(lockName), 'my notes');
    expect(() => open()).toThrow(/is no lock of a run/);
    expect(readFileSync(at(lockName), 'utf8')).toBe('my notes');
  });

  it('that was taken meanwhile is noticed before a checkpoint is replaced', () => {
    const run = open();
    run.beginMetrics(0);
    writeFileSync(at(lockName), '{}');
    expect(() => run.save(Uint8Array.of(1))).toThrow(/its lock '.*' was taken or removed/);
    run.close();
    expect(files()).toEqual([lockName]);
  });
});

describe('opening a folder', () => {
  it('creates it, and leaves nothing of a run that ends before its first step', () => {
    const run = RunFolder.open(join(here.folder, 'new', 'run'), false, []);
    run.beginMetrics(0);
    expect(files()).toContain(join('new', 'run', lockName));
    run.close();
    expect(files()).toEqual([]);
  });

  it.each([
    ['another format', 'epoch,loss\n1,2\n'],
    ['JSON Lines of something else', '{"epoch":1}\n{"epoch":2}\n'],
    ['a run and something else', `${step(1)}\nmy notes\n${step(2)}\n`],
    ['a line without its end', 'my notes'],
  ])('refuses metrics of %s, and keeps them', (_, content) => {
    writeFileSync(at('metrics.jsonl'), content);
    writeFileSync(at('checkpoint.safetensors'), 'a checkpoint');
    expect(() => open(true)).toThrow(/'.*metrics\.jsonl' holds other data in line \d/);
    expect(files()).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    expect(readFileSync(at('metrics.jsonl'), 'utf8')).toBe(content);
  });

  it('refuses metrics without their checkpoint, unless their run was killed', () => {
    const content = `${step(1)}\n${step(2)}\n{"type":"st`;
    writeFileSync(at('metrics.jsonl'), content);
    expect(() => open()).toThrow(/the metrics of a run without its checkpoint \('.*'\) \(expected a new folder, or /);
    expect(readFileSync(at('metrics.jsonl'), 'utf8')).toBe(content);
    lockOf({ pid: deadProcess(), host: hostname() });
    // An attempt that fails before its first step is no reason to refuse the next one.
    open().close();
    const run = open();
    run.beginMetrics(0);
    run.append(step(1));
    run.close();
    expect(readFileSync(at('metrics.jsonl'), 'utf8')).toBe(`${step(1)}\n`);
  });

  it('continues the metrics after the checkpoint’s step', () => {
    writeFileSync(at('metrics.jsonl'), `${step(1)}\n${step(2)}\n${step(3)}\n{"type":"st`);
    writeFileSync(at('checkpoint.safetensors'), 'a checkpoint');
    const run = open(true);
    run.beginMetrics(2);
    run.append(step(3));
    run.save(new TextEncoder().encode('the next one'));
    run.close();
    expect(readFileSync(at('metrics.jsonl'), 'utf8')).toBe(`${step(1)}\n${step(2)}\n${step(3)}\n`);
    expect(readFileSync(at('checkpoint.safetensors'), 'utf8')).toBe('the next one');
    expect(files()).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
  });

  it('removes the half-written files of a killed run', () => {
    const dead = deadProcess();
    for (const name of [`checkpoint.safetensors.${dead}.tmp`, `metrics.jsonl.elsewhere.${dead}.tmp`])
      writeFileSync(at(name), 'half');
    writeFileSync(at('notes.1.tmp'), 'mine');
    open().close();
    expect(files()).toEqual(['notes.1.tmp']);
  });

  it('refuses to overwrite what the run reads', () => {
    mkdirSync(at('run'));
    writeFileSync(join(at('run'), 'metrics.jsonl'), 'a text');
    const inputs = [{ where: '--text', file: join(at('run'), 'metrics.jsonl') }];
    expect(() => RunFolder.open(at('run'), false, inputs)).toThrow(/metrics\.jsonl', which is also --text /);
  });
});
