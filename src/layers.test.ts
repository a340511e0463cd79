// The rules of ARCHITECTURE.md: which folder may import which, and that every kernel has a header, a README row and an op.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));

/** One import statement: paths from src, such as engine/tape.ts. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const statement = /^\s*(?:import|export)\s(?:(type)\s)?[^'";]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'/gm;
const dynamic = /\bimport\('([^']+)'\)/g;

function importsOf(from: string, text: string): Import[] {
  const found = [
    ...[...text.matchAll(statement)].map(([, type, path, bare]) => ({ path: path ?? bare ?? '', typeOnly: !!type })),
    ...[...text.matchAll(dynamic)].map(([, path = '']) => ({ path, typeOnly: false })),
  ];
  return found
    .filter(({ path }) => path.startsWith('.'))
    .map(({ path, typeOnly }) => ({ from, to: posix.normalize(posix.join(dirname(from), path)), typeOnly }));
}

const sources = filesIn('src').filter((file) => /\.tsx?$/.test(file));
const isTest = (file: string) => /\.test\.tsx?$/.test(file);
// This file contains examples of imports in strings.
const imports = sources
  .filter((file) => file !== 'layers.test.ts')
  .flatMap((file) => importsOf(file, read(`src/${file}`)));

/** What each folder of src may import besides itself: folders (`engine/`) and single files. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'random.ts': [],
  engine: ['../shaders/', 'errors.ts', 'random.ts'],
  io: ['errors.ts'],
  hub: ['errors.ts'],
  models: ['engine/', 'io/', 'text/tokenizer-files.ts', 'errors.ts', 'random.ts'],
  text: ['io/', 'errors.ts', 'random.ts'],
  tasks: ['text/', 'errors.ts', 'random.ts'],
  analysis: ['text/', 'errors.ts'],
  experiment: ['engine/', 'models/', 'tasks/', 'text/', 'io/', 'errors.ts', 'random.ts'],
  inference: [
    'engine/',
    'models/',
    'tasks/',
    'text/',
    'analysis/',
    'io/safetensors.ts',
    'experiment/',
    'errors.ts',
    'random.ts',
  ],
  instruments: [
    'engine/',
    'models/',
    'tasks/',
    'text/',
    'analysis/',
    'experiment/',
    'train/',
    'errors.ts',
    'random.ts',
  ],
  train: ['engine/', 'models/', 'analysis/', 'experiment/', 'inference/', 'instruments/', 'errors.ts', 'random.ts'],
  torch: [
    'engine/',
    'models/',
    'tasks/',
    'text/',
    'analysis/',
    'io/',
    'experiment/',
    'train/',
    'errors.ts',
    'random.ts',
  ],
  protocol: [
    'engine/',
    'tasks/',
    'text/',
    'analysis/',
    'io/',
    'experiment/',
    'inference/',
    'train/',
    'torch/',
    'instruments/',
  ],
  session: [
    'engine/',
    'models/',
    'tasks/',
    'text/',
    'analysis/',
    'experiment/',
    'inference/',
    'train/',
    'instruments/',
    'torch/',
    'protocol/',
    'io/',
    'errors.ts',
    'random.ts',
  ],
  cli: [
    'engine/',
    'models/',
    'tasks/',
    'text/',
    'analysis/',
    'io/',
    'experiment/',
    'inference/',
    'train/',
    'instruments/',
    'protocol/',
    'session/',
    'torch/',
    'hub/',
    'errors.ts',
    'random.ts',
  ],
  store: [
    'protocol/',
    'hub/',
    'io/safetensors.ts',
    'io/safetensors-header.ts',
    'io/recognise.ts',
    'models/schemas/',
    'experiment/config.ts',
    'experiment/sweep.ts',
    'experiment/presets.ts',
    'experiment/user-input.ts',
    'inference/intervention-text.ts',
    'models/catalogue.ts',
    'train/metrics.ts',
    'train/progress.ts',
    'torch/returned-files.ts',
    'torch/returned-metrics.ts',
    'tasks/',
    'text/',
    'analysis/',
    'errors.ts',
  ],
  platform: ['store/', 'protocol/', 'hub/'],
  ui: [
    'store/',
    'hub/',
    'protocol/',
    'experiment/config.ts',
    'experiment/sweep.ts',
    'experiment/presets.ts',
    'experiment/typed-number.ts',
    'experiment/user-input.ts',
    'inference/intervention-text.ts',
    'models/catalogue.ts',
    'train/metrics.ts',
    'tasks/',
    'text/',
    'analysis/',
    'errors.ts',
  ],
  testing: [
    'engine/',
    'models/',
    'experiment/',
    'session/',
    'protocol/',
    'train/',
    'store/',
    'ui/playground.tsx',
    'tasks/',
    'text/',
    'io/',
    'cli/dawn.ts',
    'cli/device.ts',
    'cli/main.ts',
    'errors.ts',
    'random.ts',
  ],
};

/** Why an import breaks the rules; undefined if it is allowed. */
function objection({ from, to, typeOnly }: Import): string | undefined {
  const at = `${from} imports ${to}`;
  if (isTest(to)) return `${at}: tests must not be imported`;
  if (isTest(from)) return undefined;
  const room = from.split('/')[0] ?? from;
  const rules = allowed[room];
  if (!rules) return `${at}: '${room}' is not a known folder of src`;
  if (to === 'session/session.ts' && !['cli', 'testing'].includes(room) && from !== 'session/worker.ts')
    return `${at}: only session/worker.ts and cli start a session`;
  if (to.startsWith(`${room}/`)) return undefined;
  // The page takes its store from a context; only its entry point creates the one with the browser's worker.
  if (from === 'ui/main.tsx' && to === 'platform/client.ts') return undefined;
  // The worker passes the browser's storage and locks to the session.
  if (from === 'session/worker.ts' && ['platform/key-values.ts', 'platform/locks.ts'].includes(to)) return undefined;
  if (room === 'analysis' && to === 'tasks/task.ts' && typeOnly) return undefined;
  // Stylesheets belong to the page.
  if (room === 'ui' && to.endsWith('.css')) return undefined;
  if (room === 'io' && to === 'engine/tensor.ts' && typeOnly) return undefined;
  // The page passes files on without reading them.
  if ((room === 'store' || room === 'ui') && to === 'io/text-source.ts' && typeOnly) return undefined;
  if (rules.some((rule) => (rule.endsWith('/') ? to.startsWith(rule) : to === rule))) return undefined;
  return `${at}: '${room}' may import only itself and [${rules.join(', ')}]`;
}

/** The first import cycle, type-only imports included, as a path that ends where it begins. */
function cycle(edges: readonly Import[]): string[] | undefined {
  const graph = new Map<string, string[]>();
  for (const { from, to } of edges) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return undefined;
}

describe('imports', () => {
  it('are found', () => {
    const text = `import a, {\n  type B,\n} from './a.ts';\nimport type { C } from '../c.ts';\nimport './d.css';
      export { e } from './e.ts';\nconst f = lazy(() => import('./f.tsx'));\nimport g from 'react';`;
    expect(importsOf('ui/x.ts', text)).toEqual([
      { from: 'ui/x.ts', to: 'ui/a.ts', typeOnly: false },
      { from: 'ui/x.ts', to: 'c.ts', typeOnly: true },
      { from: 'ui/x.ts', to: 'ui/d.css', typeOnly: false },
      { from: 'ui/x.ts', to: 'ui/e.ts', typeOnly: false },
      { from: 'ui/x.ts', to: 'ui/f.tsx', typeOnly: false },
    ]);
    expect(imports.length).toBeGreaterThan(200);
    expect(imports).toContainEqual({ from: 'engine/tape.ts', to: 'engine/tensor.ts', typeOnly: true });
  });

  it.each([
    ['engine/tape.ts', 'models/segments.ts', false],
    ['models/training.ts', 'session/session.ts', true],
    ['text/noise.ts', 'tasks/facts.ts', false],
    ['text/corpus.ts', 'tasks/task.ts', true],
    ['text/noise.ts', 'engine/tensor.ts', false],
    ['io/safetensors.ts', 'engine/tensor.ts', false],
    ['io/safetensors.ts', 'models/blueprint.ts', true],
    ['tasks/documents.ts', 'io/text-source.ts', true],
    ['io/zip.ts', 'text/words.ts', false],
    ['tasks/task.ts', 'models/catalogue.ts', true],
    ['store/run.ts', 'io/text-source.ts', false],
    ['store/models.ts', 'models/index.ts', false],
    ['ui/App.tsx', 'models/blueprint.ts', true],
    ['experiment/config.ts', 'store/store.ts', false],
    ['store/run.ts', 'train/trainer.ts', true],
    ['platform/client.ts', 'session/session.ts', false],
    ['ui/App.tsx', 'platform/client.ts', false],
    ['ui/main.tsx', 'platform/speeds.ts', false],
    ['session/session.ts', 'platform/key-values.ts', false],
    ['analysis/attention-figure.ts', 'store/slices/stream-log.ts', true],
    ['analysis/memory-attention.ts', 'experiment/model-facts.ts', true],
    ['analysis/wilson.ts', 'tasks/task.ts', false],
    ['ui/App.tsx', 'engine/tensor.ts', true],
    ['train/trainer.ts', 'session/session.ts', false],
    ['train/metrics.ts', 'ui/format.ts', false],
    ['inference/stream.ts', 'protocol/index.ts', true],
    ['instruments/bench.ts', 'protocol/bench.ts', true],
    ['models/training.ts', 'testing/close.ts', false],
    ['testing/ops.ts', 'engine/adamw.test.ts', false],
    ['models/parameters.ts', '../shaders/add.wgsl?raw', false],
    ['helpers/utils.ts', 'errors.ts', false],
  ])('are refused from %s to %s', (from, to, typeOnly) => {
    expect(objection({ from, to, typeOnly })).toBeDefined();
  });

  it.each([
    ['text/read-text.ts', 'io/text-source.ts', true],
    ['tasks/task.ts', 'text/corpus.ts', true],
    ['models/checkpoint.ts', 'io/safetensors.ts', false],
    ['store/models.ts', 'models/catalogue.ts', false],
    ['store/library/curves.ts', 'train/metrics.ts', false],
    ['ui/charts/data.ts', 'train/metrics.ts', false],
    ['ui/controls/ModelPicker.tsx', 'models/catalogue.ts', false],
    ['ui/controls/Files.tsx', 'io/text-source.ts', true],
    ['session/worker.ts', 'session/session.ts', false],
    ['ui/main.tsx', 'platform/client.ts', false],
    ['session/worker.ts', 'platform/key-values.ts', false],
    ['analysis/attention-figure.ts', 'tasks/task.ts', true],
  ])('are allowed from %s to %s', (from, to, typeOnly) => {
    expect(objection({ from, to, typeOnly })).toBeUndefined();
  });

  it('follow the rules', () => {
    expect(imports.map(objection).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('have no cycles', () => {
    const edges = [
      { from: 'a', to: 'b', typeOnly: false },
      { from: 'b', to: 'c', typeOnly: false },
      { from: 'c', to: 'b', typeOnly: false },
    ];
    expect(cycle(edges)).toEqual(['b', 'c', 'b']);
    expect(cycle(edges.map((edge) => ({ ...edge, typeOnly: true })))).toEqual(['b', 'c', 'b']);
    expect(cycle(edges.slice(0, 2))).toBeUndefined();
    expect(cycle(imports)).toBeUndefined();
  });

  it('resolve: every relative import names an existing file', () => {
    const missing = imports.filter(({ to }) => {
      const path = join('src', to.replace(/\?raw$/, ''));
      try {
        read(path);
        return false;
      } catch {
        return true;
      }
    });
    expect(missing).toEqual([]);
  });

  it('create the worker in one place', () => {
    const makers = sources.filter((file) => !isTest(file) && /new Worker\(/.test(read(`src/${file}`)));
    expect(makers).toEqual(['platform/client.ts']);
    expect(read('src/platform/client.ts')).toContain("new URL('../session/worker.ts', import.meta.url)");
  });
});

// ── Kernels ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Defined {
  readonly name: string;
  /** The host's file, relative to the repository's root. */
  readonly op: string;
  /** Its source texts, relative to the shaders folder, in order. */
  readonly texts: readonly string[];
}

/** Every `defineKernel({ … })` of the source, with the shader texts its identifiers stand for. */
const defined: Defined[] = sources
  .filter((file) => !isTest(file))
  .flatMap((file) => {
    const text = read(`src/${file}`);
    const texts = new Map(
      [...text.matchAll(/import (\w+) from '[./]*shaders\/([\w/]+\.wgsl)\?raw'/g)].map(([, id = '', path = '']) => [
        id,
        path,
      ]),
    );
    return [...text.matchAll(/define(?:Kernel|Product)\(\{\s*(name: [\s\S]*?)\}\)/g)].map(([, body = '']) => {
      const source = /\bsource(?:: (\[[^\]]*\]|\w+))?,/.exec(body)?.[1] ?? 'source';
      return {
        name: /name: '(\w+)'/.exec(body)?.[1] ?? '',
        op: `src/${file}`,
        texts: [...source.matchAll(/\w+/g)].map(([id]) => texts.get(id) ?? `${id}?`),
      };
    });
  });

const shaders = filesIn('shaders').filter((file) => file.endsWith('.wgsl'));
const kernels = shaders.filter((file) => !file.startsWith('lib/')).map((file) => file.replace('.wgsl', ''));
const libraries = shaders.filter((file) => file.startsWith('lib/'));
const readme = read('shaders/README.md');

/** The text after `// name: ` in the first line. */
const headline = (path: string, name: string) => {
  const [first = ''] = read(`shaders/${path}`).split('\n');
  return first.startsWith(`// ${name}: `) ? first.slice(`// ${name}: `.length) : undefined;
};

describe('shaders', () => {
  it('are found', () => {
    expect(kernels.length).toBeGreaterThanOrEqual(44);
    expect(libraries.length).toBeGreaterThanOrEqual(8);
    expect(defined.length).toBe(kernels.length);
  });

  it.each(kernels)('%s has one defineKernel with its name, a header and a row in the README', (name) => {
    const users = defined.filter(({ texts }) => texts.includes(`${name}.wgsl`));
    expect(users.map((user) => user.name)).toEqual([name]);
    const [user] = users;
    // Shared functions first, then the kernel's own text.
    expect(user?.texts.filter((text) => !text.startsWith('lib/'))).toEqual([`${name}.wgsl`]);
    expect(user?.texts.at(-1)).toBe(`${name}.wgsl`);
    const formula = headline(`${name}.wgsl`, name);
    expect(formula, `the first line of ${name}.wgsl, '// ${name}: formula'`).toBeDefined();
    const lines = read(`shaders/${name}.wgsl`).split('\n');
    for (const section of ['// Layout ', '// Shapes ', '// Numerics '])
      expect(lines.some((line) => line.startsWith(section))).toBe(true);
    // The README and the header state the same formula.
    expect(readme).toContain(
      `| \`${name}\` | \`${formula?.replaceAll('|', '\\|')}\` | [${user?.op}](../${user?.op}) |\n`,
    );
  });

  it.each(libraries)('%s has a header, a user and a row in the README', (path) => {
    const name = path.replace('lib/', '').replace('.wgsl', '');
    const formula = headline(path, name);
    expect(formula, `the first line of ${path}, '// ${name}: what'`).toBeDefined();
    expect(sources.some((file) => !isTest(file) && read(`src/${file}`).includes(`shaders/${path}?raw`))).toBe(true);
    expect(readme).toContain(`| [${path}](${path}) | ${formula} |\n`);
  });

  it('have no row in the README without a file', () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual([...kernels].sort());
  });
});
