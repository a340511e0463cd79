// Styles: every class belongs to one sheet, every styled class is used, and every used class is styled.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Files by their path from src/ui. */
type Files = ReadonlyMap<string, string>;
const ending = (pattern: RegExp): Files =>
  new Map(files.filter((file) => pattern.test(file)).map((file) => [file, read(file)]));

const isModule = (sheet: string) => sheet.endsWith('.module.css');

/** Every class that a selector of the sheet names. */
function styled(css: string): string[] {
  const rules = css.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/"[^"]*"/g, '""');
  // The text before a brace is a selector unless it is an at-rule.
  const selectors = [...rules.matchAll(/([^{};]+)\{/g)].map(([, text = '']) => text.trim());
  const classes = selectors
    .filter((text) => !text.startsWith('@'))
    .flatMap((text) => [...text.matchAll(/\.([A-Za-z_][\w-]*)/g)].map(([, name = '']) => name));
  return [...new Set(classes)];
}

/** The violations of the rules in the page's sheets and sources, in words. */
function objections(sheets: Files, sources: Files): string[] {
  const found: string[] = [];
  const used = new Map([...sheets.keys()].filter(isModule).map((sheet) => [sheet, new Set<string>()]));

  const names = new Map<string, string>();
  for (const [sheet, css] of sheets) {
    if (css.split('\n').length > 400) found.push(`${sheet}: more than 400 lines`);
    if (/:global|composes/.test(css)) found.push(`${sheet}: styles or takes a class of another sheet`);
    if (!isModule(sheet))
      // The chart library names its own elements.
      for (const name of styled(css))
        if (!name.startsWith('recharts-')) found.push(`${sheet}: styles .${name}, and no component owns it`);
    // On the page a class is named after its sheet: two sheets of one name would style the same classes.
    const name = basename(sheet).toLowerCase();
    const other = names.get(name);
    if (other !== undefined) found.push(`${sheet}: is named as ${other} is`);
    names.set(name, sheet);
  }

  for (const [source, text] of sources) {
    if (/className="|classList|\.className = '/.test(text)) found.push(`${source}: names a class without its sheet`);
    for (const [, path = ''] of text.matchAll(/^import '([^']+\.css)';/gm))
      if (isModule(path)) found.push(`${source}: imports ${path} without a name`);
    for (const [, local = '', path = ''] of text.matchAll(/^import (\w+) from '([^']+\.module\.css)';/gm)) {
      const sheet = posix.normalize(posix.join(dirname(source), path));
      const css = sheets.get(sheet);
      if (css === undefined) {
        found.push(`${source}: imports ${sheet}, which is not there`);
        continue;
      }
      const known = styled(css);
      const code = text.replaceAll(/^import .*$/gm, '');
      if (new RegExp(`(?<![\\w.'"-])${local}\\[`).test(code)) found.push(`${source}: ${local}[…] hides which class`);
      for (const [, name = ''] of code.matchAll(new RegExp(`(?<![\\w.'"-])${local}\\.(\\w+)`, 'g'))) {
        used.get(sheet)?.add(name);
        if (!known.includes(name)) found.push(`${source}: ${local}.${name} is not in ${sheet}`);
      }
    }
  }

  for (const [sheet, names] of used)
    for (const name of styled(sheets.get(sheet) ?? ''))
      if (!names.has(name)) found.push(`${sheet}: .${name} is used nowhere`);
  return [...new Set(found)];
}

const sheets = ending(/\.css$/);
const sources = ending(/(?<!\.test)\.tsx?$/);

describe('classes', () => {
  it('are found in selectors alone', () => {
    const css = '/* .no */\n@layer parts {\n  .a > .b:not(.c), [data-x="y.no"] {\n    margin: 0.5rem;\n  }\n}\n';
    expect(styled(css)).toEqual(['a', 'b', 'c']);
    expect(styled('@media (max-width: 40.5rem) { @supports (x: y) { .d::before { color: red } } }')).toEqual(['d']);
    expect([...sheets.values()].flatMap(styled).length).toBeGreaterThan(150);
  });

  const part = ['styles/part.module.css', '.box { margin: 0 }'] as const;
  const view = ['View.tsx', "import part from './styles/part.module.css';\n<p className={part.box} />"] as const;

  it.each<[what: string, sheets: [string, string][], sources: [string, string][], why: string]>([
    ['in two sheets', [['styles/global.css', '.box { margin: 0 }']], [], '.box, and no component owns it'],
    [
      'in another sheet',
      [['Own.module.css', 'p { composes: box from "./styles/part.module.css" }']],
      [],
      'a class of another sheet',
    ],
    ['in two sheets of one name', [['view/Part.module.css', '']], [], 'is named as styles/part.module.css is'],
    ['that nobody uses', [['styles/part.module.css', '.box {} .spare {}']], [], '.spare is used nowhere'],
    [
      'that does not exist',
      [],
      [['Other.tsx', "import part from './styles/part.module.css';\npart.bax"]],
      'part.bax is not in styles/part.module.css',
    ],
    ['without a sheet', [], [['Other.tsx', '<p className="box" />']], 'names a class without its sheet'],
    [
      'chosen by an expression',
      [],
      [['Other.tsx', "import part from './styles/part.module.css';\n(part[kind])"]],
      'part[…] hides which class',
    ],
    ['of a missing sheet', [], [['Other.tsx', "import css from './Other.module.css';\ncss.a"]], 'is not there'],
  ])('would be refused %s', (_, moreSheets, moreSources, why) => {
    const all = objections(new Map([part, ...moreSheets]), new Map([view, ...moreSources]));
    expect(all).toEqual([expect.stringContaining(why)]);
    expect(objections(new Map([part]), new Map([view]))).toEqual([]);
  });

  it('have one sheet each, are all used, and all exist', () => {
    expect(objections(sheets, sources)).toEqual([]);
  });
});
