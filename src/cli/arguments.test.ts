// Options and files of the command line; the commands themselves are tested in usage.test.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { temporaryFolder } from '../testing/cli.ts';
import { options, readBytes, readJson } from './arguments.ts';

let here: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  here = temporaryFolder();
});
afterEach(() => here.remove());

describe('options', () => {
  const kinds = { segments: 'text', prompt: 'text', set: 'many', json: 'flag' } as const;
  it('may be repeated only where several values are taken', () => {
    expect(options('c', ['--set', 'a=1', '--set=b=2', '--json'], kinds)).toEqual({
      segments: undefined,
      prompt: undefined,
      set: ['a=1', 'b=2'],
      json: true,
    });
    const refusals: [words: string[], message: string][] = [
      [['--segments', '1', '--segments=2'], 'c: --segments given twice (expected --segments once)'],
      [['--json', '--json'], 'c: --json given twice (expected --json once)'],
    ];
    for (const [words, message] of refusals) expect(() => options('c', words, kinds)).toThrow(message);
  });

  it('with a value that begins with a dash show how it is written', () => {
    const cases: [words: string[], message: string][] = [
      [['--segments', '-1'], "c: --segments: the separate value '-1' begins with a dash (expected --segments=-1)"],
      [
        ['--json', '--prompt', '- item', '--segments', '2'],
        `c: --prompt: the separate value '- item' begins with a dash (expected --prompt="- item")`,
      ],
    ];
    for (const [words, message] of cases)
      expect(() => options('c', words, kinds)).toThrow(expect.objectContaining({ name: 'InputError', message }));
    expect(options('c', ['--segments=-1', '--prompt=- item'], kinds)).toMatchObject({
      segments: '-1',
      prompt: '- item',
    });
    expect(() => options('c', ['--prompt', '--json'], kinds)).toThrow(/ambiguous/);
  });
});

describe('readBytes and readJson', () => {
  it('say what they found instead', () => {
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
      ...(process.platform === 'win32'
        ? []
        : ([[() => readBytes('f', '/dev/zero'), "f: '/dev/zero' is a device (expected a file that can be read)"]] as [
            () => unknown,
            string,
          ][])),
      [() => readBytes('f', file, 7), `f: ${file} has 8 bytes (expected at most 7)`],
    ];
    for (const [work, message] of refusals)
      expect(work).toThrow(expect.objectContaining({ name: 'InputError', message }));
    writeFileSync(file, '{"a": ');
    expect(() => readJson('input', file)).toThrow(InputError);
    expect(() => readJson('input', file)).toThrow(`input ${file}: `);
  });
});
