// The outputs of a command: checked before they are opened, complete or absent, and without leftovers.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { temporaryFolder } from '../testing/cli.ts';
import { checkOutputs, LineLog, PendingFile, replaceFile } from './outputs.ts';

let here: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  here = temporaryFolder();
});
afterEach(() => here.remove());
const at = (...names: string[]) => join(here.folder, ...names);
const files = () => readdirSync(here.folder, { recursive: true, encoding: 'utf8' }).sort();
const writable = 'a writable path';

/** The number of a process that has ended. */
const deadProcess = () => spawnSync(process.execPath, ['--version']).pid;
const machine = hostname().replace(/[^\w-]/g, '_');

describe('checkOutputs', () => {
  const check = (file: string, ...inputs: string[]) =>
    checkOutputs(
      [{ where: 'out', file }],
      inputs.map((input) => ({ where: '--input', file: input })),
    );

  it('accepts a file that exists or can be created, and creates nothing', () => {
    writeFileSync(at('file'), 'here');
    for (const name of ['file', 'new', join('new', 'er', 'est')]) check(at(name));
    expect(files()).toEqual(['file']);
  });

  it('refuses a folder, and a path through a file', () => {
    writeFileSync(at('file'), 'here');
    expect(() => check(here.folder)).toThrow(new InputError('out', `'${here.folder}' is not a regular file`, writable));
    for (const name of ['x', join('x', 'y')])
      expect(() => check(at('file', name))).toThrow(
        new InputError('out', `'${at('file')}' is not a directory`, writable),
      );
  });

  it('refuses a path that no file can have', () => {
    for (const name of ['a\0b', 'n'.repeat(300), join('n'.repeat(300), 'x')])
      expect(() => check(at(name))).toThrow(
        /^out: '.*' is no possible path \([A-Z_]+\) \(expected a writable path\)$/s,
      );
    expect(files()).toEqual([]);
  });

  it('refuses an input, by whatever path it is named', () => {
    writeFileSync(at('input'), 'here');
    mkdirSync(at('folder'));
    linkSync(at('input'), at('folder', 'hard'));
    symlinkSync(at('input'), at('soft'));
    for (const name of ['input', join('folder', '..', 'input'), join('folder', 'hard'), 'soft'])
      expect(() => check(join(here.folder, name), at('other'), at('input'))).toThrow(
        new InputError('out', `'${join(here.folder, name)}', which is also --input`, 'a file that is not in use'),
      );
    check(at('folder', 'input'), at('input'));
    expect(readFileSync(at('input'), 'utf8')).toBe('here');
  });

  it('refuses one file for two outputs', () => {
    const outputs = ['a', 'a'].map((name, k) => ({ where: `out ${k}`, file: at(name) }));
    expect(() => checkOutputs(outputs)).toThrow(
      new InputError('out 1', `'${at('a')}', which is also out 0`, 'a file that is not in use'),
    );
  });
});

describe('replaceFile', () => {
  it('creates the folders, writes, and replaces an existing file', () => {
    const file = at('a', 'b', 'c.txt');
    replaceFile(file, 'first');
    replaceFile(file, new TextEncoder().encode('second'));
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(at('a', 'b'))).toEqual(['c.txt']);
  });

  it('fails in one line, keeps the existing file and leaves nothing else', () => {
    writeFileSync(at('file'), 'here');
    mkdirSync(at('folder', 'full'), { recursive: true });
    for (const file of [at('file', 'x'), at('folder'), at('n'.repeat(300)), at('new', 'n'.repeat(300))]) {
      expect(() => replaceFile(file, 'content')).toThrow(/^writing [^\n]+ \(expected a writable path\)$/);
      expect(files()).toEqual(['file', 'folder', join('folder', 'full')]);
    }
    expect(readFileSync(at('file'), 'utf8')).toBe('here');
  });

  it('writes through a link', () => {
    writeFileSync(at('file'), 'first');
    symlinkSync(at('file'), at('link'));
    replaceFile(at('link'), 'second');
    expect(readFileSync(at('file'), 'utf8')).toBe('second');
  });

  it('removes what a killed process of this machine left, and nothing else', () => {
    const dead = deadProcess();
    const kept = [
      `out.${machine}.${process.ppid}.tmp`, // alive
      `out.another-machine.${dead}.tmp`,
      `other.${machine}.${dead}.tmp`,
      `out.${dead}.txt`,
    ];
    for (const name of [`out.${machine}.${dead}.tmp`, ...kept]) writeFileSync(at(name), 'half');
    replaceFile(at('out'), 'whole');
    expect(files()).toEqual([...kept, 'out'].sort());
  });
});

describe('PendingFile', () => {
  it('leaves the file as it was until it is complete', () => {
    writeFileSync(at('out'), 'before');
    const pending = new PendingFile(at('out'));
    pending.write('after');
    expect(readFileSync(at('out'), 'utf8')).toBe('before');
    pending.commit();
    expect(readFileSync(at('out'), 'utf8')).toBe('after');
    expect(files()).toEqual(['out']);
  });

  it('discarded, leaves no trace, not even a new folder', () => {
    const pending = new PendingFile(at('new', 'folder', 'out'));
    pending.write('half');
    expect(existsSync(at('new', 'folder'))).toBe(true);
    pending.discard();
    expect(files()).toEqual([]);
    expect(() => pending.write('more')).toThrow(/already closed/);
  });
});

describe('LineLog', () => {
  it('begins with its contents and grows by lines that can be read at once', () => {
    writeFileSync(at('log'), 'old');
    const log = new LineLog(at('log'), 'one\n');
    expect(log.isEmpty).toBe(false);
    log.append('two');
    log.sync();
    expect(readFileSync(at('log'), 'utf8')).toBe('one\ntwo\n');
    log.close();
    expect(() => log.append('three')).toThrow(/^writing .* \(expected a writable path\)$/);
    expect(readFileSync(at('log'), 'utf8')).toBe('one\ntwo\n');
  });
});
