// Reading and writing files for the command line; its options are tested in usage.test.ts.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { temporaryFolder } from '../testing/cli.ts';
import { appendLine, checkOutput, readBytes, readJson, writeAtomically } from './arguments.ts';

let here: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  here = temporaryFolder();
});
afterEach(() => here.remove());

describe('writeAtomically', () => {
  it('creates the folders, writes, and replaces an existing file', () => {
    const file = join(here.folder, 'a', 'b', 'c.txt');
    writeAtomically(file, 'first');
    writeAtomically(file, new TextEncoder().encode('second'));
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(join(here.folder, 'a', 'b'))).toEqual(['c.txt']);
  });

  it('fails with a one-line message, keeps the existing file and leaves no other file', () => {
    writeFileSync(join(here.folder, 'file'), 'here');
    mkdirSync(join(here.folder, 'folder', 'full'), { recursive: true });
    const failures = [join('file', 'x'), 'folder', 'n'.repeat(300)].map((name) => join(here.folder, name));
    for (const file of failures) {
      expect(() => writeAtomically(file, 'content')).toThrow(/^writing [^\n]+ \(expected a writable path\)$/);
      expect(readdirSync(here.folder, { recursive: true }).sort()).toEqual(['file', 'folder', join('folder', 'full')]);
    }
    expect(readFileSync(join(here.folder, 'file'), 'utf8')).toBe('here');
  });
});

describe('appendLine', () => {
  it('adds a line, and fails with a one-line message', () => {
    const file = join(here.folder, 'log');
    appendLine(file, 'one');
    appendLine(file, 'two');
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    expect(() => appendLine(here.folder, 'x')).toThrow(/^writing .*EISDIR.* \(expected a writable path\)$/);
  });
});

describe('checkOutput', () => {
  it('accepts a file that exists or can be created, and creates nothing', () => {
    writeFileSync(join(here.folder, 'file'), 'here');
    for (const name of ['file', 'new', join('new', 'er', 'est')]) checkOutput('out', join(here.folder, name));
    expect(readdirSync(here.folder)).toEqual(['file']);
  });

  it('refuses a folder, and a path through a file', () => {
    const file = join(here.folder, 'file');
    writeFileSync(file, 'here');
    expect(() => checkOutput('out', here.folder)).toThrow(
      new InputError('out', `'${here.folder}' is not a regular file`, 'a writable path'),
    );
    for (const name of ['x', join('x', 'y')])
      expect(() => checkOutput('out', join(file, name))).toThrow(
        new InputError('out', `'${file}' is not a directory`, 'a writable path'),
      );
  });
});

describe('readBytes and readJson', () => {
  it('report what they found instead', () => {
    const file = join(here.folder, 'file');
    writeFileSync(file, '{"a": 1}');
    expect(readJson('input', file)).toEqual({ a: 1 });
    const refusals: [work: () => unknown, message: string][] = [
      [() => readBytes('f', `${file}2`), `f: no file '${file}2' (expected a file that can be read)`],
      [() => readBytes('f', here.folder), `f: '${here.folder}' is a directory (expected a file that can be read)`],
      [
        () => readBytes('f', join(file, 'x')),
        `f: cannot read '${join(file, 'x')}' (ENOTDIR) (expected a file that can be read)`,
      ],
      [() => readBytes('f', file, 7), `f: ${file} has 8 bytes (expected at most 7)`],
    ];
    for (const [work, message] of refusals)
      expect(work).toThrow(expect.objectContaining({ name: 'InputError', message }));
    writeFileSync(file, '{"a": ');
    expect(() => readJson('input', file)).toThrow(InputError);
    expect(() => readJson('input', file)).toThrow(`input ${file}: `);
  });
});
