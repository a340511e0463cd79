// The documents against the repository: links, anchors, paths, scripts, and the commands and options of the command line.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from './cli/main.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Every file and folder that a document may name, with '/' between the parts. */
const paths = readdirSync(root, { encoding: 'utf8' })
  .filter((name) => !/^(\.git|node_modules|dist|runs|test-results)$/.test(name))
  .flatMap((name) => {
    try {
      const inside = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' });
      return [name, ...inside.map((path) => posix.join(name, path.replaceAll('\\', '/')))];
    } catch {
      return [name];
    }
  })
  .filter((path) => !/(^|\/)node_modules(\/|$)/.test(path));
const documents = paths.filter((path) => /^(README|ARCHITECTURE|(docs|shaders|results|bench|src)\/.*)\.md$/.test(path));

/** The text outside fenced code blocks, and the lines inside them. */
function split(text: string): { readonly prose: string; readonly code: readonly string[] } {
  const code: string[] = [];
  const prose = text.replace(/^```[^\n]*\n([\s\S]*?)^```/gm, (_block, lines: string) => {
    code.push(...lines.split('\n'));
    return '';
  });
  return { prose, code };
}

/** GitHub's anchors of a document's headings. */
const anchorsOf = (text: string): string[] =>
  [...split(text).prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Relative links without a target, and anchors without a heading. */
function brokenLinks(path: string, text: string): string[] {
  const targets = [...split(text).prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const to = file === '' ? path : posix.join(dirname(path), file);
    if (!paths.includes(to.replace(/\/$/, ''))) return true;
    return anchor !== undefined && !anchorsOf(to === path ? text : read(to)).includes(anchor);
  });
}

/** The folders that paths without an extension may start with. */
const folders = new Set(paths.flatMap((path) => /^(?:src\/)?([^/.]+)\//.exec(path)?.[1] ?? []));

/** Whether a token in backticks looks like a path: a file with an extension, or a path that starts with a known folder. */
const looksLikePath = (token: string) =>
  /^[\w@*][\w.@*-]*(\/[\w.@*-]+)*\/?$/.test(token) &&
  !token.includes('node_modules') &&
  (/\.(ts|tsx|mjs|json|md|wgsl|css|html|py|csv)$/.test(token) ||
    (token.includes('/') && folders.has(token.split('/')[0] ?? '')));

/** Paths in backticks that no file or folder ends with; modules may be named without `.ts`. */
function missingPaths(text: string): string[] {
  const tokens = [...split(text).prose.matchAll(/`([^`\n]+)`/g)].map(([, token = '']) => token);
  return tokens.filter(looksLikePath).filter((token) => {
    const pattern = token
      .replace(/\/$/, '')
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('**/', '(.*/)?')
      .replaceAll(/(?<!\.)\*/g, '[^/]*');
    const end = new RegExp(`(^|/)${pattern}(\\.tsx?)?$`);
    return !paths.some((path) => end.test(path));
  });
}

/** Tests named as `file.test.ts`: “title”, “title” that the file does not have; … in a title stands for anything. */
function missingTests(text: string): string[] {
  const named = text.matchAll(/`([\w/.-]+\.test\.tsx?)`: (“[^|]*?)(?=; `| \||$)/gm);
  return [...named].flatMap(([, path = '', titles = '']) => {
    const content = existsSync(join(root, 'src', path)) ? read(`src/${path}`) : '';
    return [...titles.matchAll(/“([^”]+)”/g)].flatMap(([, title = '']) => {
      const parts = title.split('…').map((part) => part.replaceAll(/[.+*?^${}()|[\]\\]/g, '\\$&'));
      return new RegExp(`(['"\`])${parts.join('.*')}\\1`).test(content) ? [] : [`${path}: ${title}`];
    });
  });
}

/** Scripts of package.json and files of `scripts` that are mentioned but do not exist. */
function missingScripts(text: string): string[] {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const npm = [...text.matchAll(/npm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)];
  const node = [...text.matchAll(/node (scripts\/[\w./-]+\w)/g)];
  return [
    ...npm.map(([, named, short]) => named ?? short ?? '').filter((name) => !Object.hasOwn(scripts, name)),
    ...node.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path))),
  ];
}

/** What the command line says about wrong words; no command gets far enough to need a device. */
async function refusal(words: readonly string[]): Promise<string> {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await main(words, () => Promise.reject(new Error('docs: no device')));
    return stderr.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    stderr.mockRestore();
  }
}

const optionsIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = '']) => name);

/** The options of each command, as the command line lists them where it refuses one. */
let commands: ReadonlyMap<string, readonly string[]> = new Map();
beforeAll(async () => {
  const known = /expected one of ([^)]*)/.exec(await refusal(['no-such-command']))?.[1]?.split(', ') ?? [];
  const entries: [string, readonly string[]][] = [];
  // One after the other, because they share stderr.
  for (const command of known) {
    const text = await refusal([command, '--no-such-option']);
    entries.push([command, optionsIn(/expected options (.*)/.exec(text)?.[1] ?? '')]);
  }
  commands = new Map(entries);
});

/** Commands and options that a document mentions but the command line does not know. */
function unknownWords(text: string): string[] {
  const { prose, code } = split(text);
  const wrong: string[] = [];
  const check = (command: string, words: string) => {
    const known = commands.get(command);
    if (!known) wrong.push(`rmt ${command}`);
    else for (const name of optionsIn(words)) if (!known.includes(name)) wrong.push(`rmt ${command} --${name}`);
  };
  let current: string | undefined;
  for (const line of code) {
    const [, command, rest = ''] = /^(?:npm run (?:--silent )?)?rmt (?:-- )?([\w-]+)(.*)$/.exec(line) ?? [];
    // An indented line continues the command before it.
    if (command === undefined && !/^\s+\S/.test(line)) current = undefined;
    current = command ?? current;
    if (current !== undefined) check(current, command === undefined ? line : rest);
  }
  for (const [, command = '', rest = ''] of prose.matchAll(/`rmt ([\w-]+)([^`]*)`/g)) check(command, rest);
  return wrong;
}

/** Options in a document's prose that neither a command nor a script named in the same paragraph has. */
function unknownOptions(text: string): string[] {
  const any = new Set([...commands.values()].flat());
  return split(text)
    .prose.split(/\n\s*\n/)
    .flatMap((paragraph) => {
      const scripts = [...paragraph.matchAll(/scripts\/[\w.-]+\.mjs/g)]
        .map(([path]) => path)
        .filter((path) => paths.includes(path));
      const inScripts = scripts.map(read).join('\n');
      const named = [...paragraph.matchAll(/`(--[a-z][^`]*)`/g)].flatMap(([, words = '']) => optionsIn(words));
      return named.filter((name) => !any.has(name) && !inScripts.includes(`--${name}`)).map((name) => `--${name}`);
    });
}

describe('the checks', () => {
  it('find the documents and the command line’s options', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/command-line.md']));
    expect(commands.get('eval')).toEqual(expect.arrayContaining(['checkpoint', 'segments', 'json']));
    for (const [command, known] of commands) expect(known, command).toContain('json');
  });

  it('find broken links and anchors', () => {
    const text =
      '# A first heading\n[a](README.md) [b](docs/missing.md) [c](#a-first-heading) [d](#none) [e](https://x.org)';
    expect(brokenLinks('README.md', text)).toEqual(['docs/missing.md', '#none']);
    expect(brokenLinks('docs/x.md', '[a](../README.md#no-such-heading) [b](README.md)')).toHaveLength(2);
  });

  it('find missing paths', () => {
    const text =
      '`src/errors.ts` `ops/add.ts` `models/catalogue` `src/ui/**/*.test.tsx` `shaders/` `src/missing.ts` `models/none` `docs/none/` `and/or` `.ts`';
    expect(missingPaths(text)).toEqual(['src/missing.ts', 'models/none', 'docs/none/']);
  });

  it('find missing tests', () => {
    const file = '`docs.test.ts`: “find missing tests”, “find a test that is missing”; `docs.test.ts`: “find … paths”';
    expect(missingTests(`| ${file} |\n| \`none.test.ts\`: “a test” |`)).toEqual([
      'docs.test.ts: find a test that is missing',
      'none.test.ts: a test',
    ]);
  });

  it('find missing scripts', () => {
    const text = '`npm run types`, `npm run --silent rmt -- info`, `npm test`, `npm run none`, `node scripts/none.mjs`';
    expect(missingScripts(text)).toEqual(['none', 'scripts/none.mjs']);
  });

  it('find unknown commands and options', () => {
    const code = ['rmt eval --segments 1', 'rmt bench --wrong', '          --neither', 'npm run --silent rmt -- none'];
    const text = `\`\`\`\n${code.join('\n')}\n\`\`\`\n\`rmt info --retune\` and \`rmt info --other\``;
    expect(unknownWords(text)).toEqual(['rmt bench --wrong', 'rmt bench --neither', 'rmt none', 'rmt info --other']);
    expect(unknownOptions('Takes `--json`.\n\nTakes `--none`.')).toEqual(['--none']);
  });
});

describe.each(documents)('%s', (path) => {
  const text = read(path);

  it('links to existing files and headings', () => {
    expect(brokenLinks(path, text)).toEqual([]);
  });

  it('names existing paths, tests and scripts', () => {
    expect(missingPaths(text)).toEqual([]);
    expect(missingTests(text)).toEqual([]);
    expect(missingScripts(text)).toEqual([]);
  });

  it('names existing commands and options', () => {
    expect(unknownWords(text)).toEqual([]);
    if (path === 'docs/command-line.md') expect(unknownOptions(text)).toEqual([]);
  });
});
