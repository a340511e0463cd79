// rmt bench: time, GFLOP/s and share of the measured peak at named shapes; with --profile also kernel by kernel, with
// --counts kernels by counting.
import {
  type BenchMode,
  type BenchShape,
  type BenchShapeName,
  benchModes,
  benchShapeNames,
  benchShapes,
  positionsOf,
} from '../analysis/segment-flops.ts';
import { InputError } from '../errors.ts';
import type { BenchRow, KernelRow, ReportOf } from '../protocol/index.ts';
import { integer, options, printJson } from './arguments.ts';
import { counts } from './counts.ts';
import type { OpenDevice } from './device.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

type Begin = ReportOf<'bench-begin'>;
type Refused = ReportOf<'bench-refused'>;

/** The names in a comma-separated list, without duplicates. */
function names<T extends string>(where: string, value: string | undefined, known: readonly T[]): T[] | undefined {
  if (value === undefined) return undefined;
  const chosen = value.split(',').map((part) => {
    const found = known.find((name) => name === part.trim());
    if (!found) throw new InputError(where, `'${part}'`, `one or more of ${known.join(', ')}, separated by commas`);
    return found;
  });
  return known.filter((name) => chosen.includes(name));
}

const number = (n: number, digits = 1) => n.toLocaleString('en', { maximumFractionDigits: digits });
const time = (ms: number) =>
  ms < 1 ? `${ms.toFixed(3)} ms` : ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
const megabytes = (n: number) => `${number(n / 1e6)} MB`;
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

function describe(name: BenchShapeName): string {
  const shape: BenchShape = benchShapes[name];
  const { title, heads, batch, memory, text } = shape;
  return `${name}: ${title}, ${heads} heads, ${batch} × ${positionsOf(shape)} positions (${memory} memory, ${text} text)`;
}

function lines(row: BenchRow): string[] {
  const { milliseconds: ms, dispatches, perLayer, gpuBytes } = row;
  const sections = Object.entries(dispatches).map(([section, count]) => `${section} ${number(count)}`);
  const total = Object.values(dispatches).reduce((sum, count) => sum + count, 0);
  const document = row.segmentsPerRun === 1 ? '' : ` of ${row.segmentsPerRun} segments`;
  return [
    `  ${row.mode.padEnd(8)} ${time(ms.median)} per segment (${time(ms.low)} to ${time(ms.high)}, ${row.runs} runs${document})`,
    `           ${number(row.gflops)} GFLOP/s, ${percent(row.peakShare)} of the measured product rate; ${number(row.gigabytesPerSecond, 2)} GB/s, ${percent(row.copyShare)} of the measured copy rate`,
    `           ${number(row.flops / 1e9, 3)} GFLOP, ${megabytes(row.bytesMoved)} bound, ${number(total)} dispatches: ${sections.join(', ')}`,
    `           per layer: ${perLayer.forward} dispatches forward${row.mode === 'train' ? `, ${perLayer.backward} backward` : ''}`,
    `           cold start: ${number(row.start.pipelines)} kernels compiled, ${time(row.start.preparing)} until it could run, first run ${time(row.start.firstRun)}`,
    `           GPU bytes: ${megabytes(gpuBytes.parameters)} parameters, ${row.mode === 'train' ? `${megabytes(gpuBytes.training)} gradients and moments, ` : ''}${megabytes(gpuBytes.activations)} activations; ${megabytes(gpuBytes.total)} in total`,
  ];
}

/** Kernels by descending time, with their parameter sets if there are several. */
function profileLines(kernels: readonly KernelRow[]): string[] {
  const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const kernelNames = [...new Set(kernels.map(({ kernel }) => kernel))];
  const sum = (rows: readonly KernelRow[]) => ({
    milliseconds: rows.reduce((all, row) => all + row.milliseconds, 0),
    dispatches: rows.reduce((all, row) => all + row.dispatches, 0),
    bytes: rows.reduce((all, row) => all + row.bytes, 0),
  });
  const line = (name: string, { milliseconds, dispatches, bytes }: ReturnType<typeof sum>) =>
    [
      `           ${name.padEnd(34)}`,
      percent(milliseconds / total).padStart(6),
      `${milliseconds.toFixed(3)} ms`.padStart(14),
      `${number(dispatches)} ×`.padStart(8),
      `${number(bytes / milliseconds / 1e6, 2)} GB/s`.padStart(12),
    ].join(' ');
  return kernelNames
    .map((name) => ({ name, rows: kernels.filter(({ kernel }) => kernel === name) }))
    .map(({ name, rows }) => ({ name, rows, sums: sum(rows) }))
    .sort((a, b) => b.sums.milliseconds - a.sums.milliseconds)
    .flatMap(({ name, rows, sums }) => [
      line(name, sums),
      ...(rows.length === 1
        ? []
        : rows.map((row) => {
            const params = Object.entries(row.params).map(([key, value]) => `${key}=${value}`);
            return `${line(`  ${row.section}`, row)}  ${params.join(' ')}`;
          })),
    ]);
}

const cases = (list: readonly { readonly shape: string; readonly mode: string }[]) =>
  list.map(({ shape, mode }) => `${shape} ${mode}`).join(', ');

/** A row of the JSON document. */
function record(row: BenchRow) {
  const { heads, width, layers, inner, memory, batch }: BenchShape = benchShapes[row.shape];
  return {
    shape: row.shape,
    mode: row.mode,
    model: { layers, hidden_size: width, heads, intermediate_size: inner, num_mem_tokens: memory },
    batch,
    positions: positionsOf(benchShapes[row.shape]),
    runs: row.runs,
    segments_per_run: row.segmentsPerRun,
    ms_per_segment: row.milliseconds,
    flops: row.flops,
    gflops: row.gflops,
    share_of_matmul: row.peakShare,
    bytes_moved: row.bytesMoved,
    gb_per_s: row.gigabytesPerSecond,
    share_of_copy: row.copyShare,
    dispatches: row.dispatches,
    dispatches_per_layer: row.perLayer,
    start: { pipelines: row.start.pipelines, preparing_ms: row.start.preparing, first_run_ms: row.start.firstRun },
    gpu_bytes: row.gpuBytes,
    ...(row.kernels
      ? {
          kernels: row.kernels.map(({ kernel, section, params, dispatches, bytes, milliseconds }) => ({
            kernel,
            section,
            params,
            dispatches,
            bytes,
            ms: milliseconds,
          })),
        }
      : {}),
  };
}

export async function bench(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('bench', words, {
    shape: 'text',
    mode: 'text',
    runs: 'text',
    profile: 'flag',
    half: 'flag',
    counts: 'flag',
    json: 'flag',
  });
  const shapes = names<BenchShapeName>('bench: --shape', given.shape, benchShapeNames);
  const modes = names<BenchMode>('bench: --mode', given.mode, benchModes);
  const runs = given.runs === undefined ? undefined : integer('bench: --runs', given.runs, 1, 10_000);
  if (given.counts) return counts(shapes?.[0] ?? 'small', given.json, open);
  const progress = new Progress(given.json);
  const rows: BenchRow[] = [];
  const refused: Refused[] = [];
  let begin: Begin | undefined;
  let done = 0;
  const printNote = (text: string) => process.stderr.write(`${text}\n`);
  const adapter = await runSession(
    open,
    {
      kind: 'bench',
      request: {
        ...(shapes ? { shapes } : {}),
        ...(modes ? { modes } : {}),
        ...(runs === undefined ? {} : { runs }),
        profile: given.profile,
        half: given.half,
      },
    },
    (event) => {
      if (event.type === 'bench-begin') {
        begin = event;
        if (event.leftOut.length > 0) {
          const heavy = [...new Set(event.leftOut.map(({ shape }) => shape))].join(',');
          printNote(
            `skipped on a software adapter: ${cases(event.leftOut)} (add --shape ${heavy} to run them; this takes minutes)`,
          );
        }
      } else if (event.type === 'bench-progress') {
        const share = (done + (event.runs > 0 ? event.run / event.runs : 0)) / (begin?.cases.length ?? 1);
        progress.show(share, `${event.shape} ${event.mode}: ${event.doing}`);
      } else if (event.type === 'bench-row') {
        done++;
        rows.push(event.row);
      } else if (event.type === 'bench-refused') {
        done++;
        refused.push(event);
        printNote(`not measured: ${event.shape} ${event.mode}: ${event.reason}`);
      }
    },
  );
  progress.end();
  if (rows.length === 0 && refused[0])
    throw new Error(`bench: ${refused[0].shape} ${refused[0].mode}: ${refused[0].reason}`);
  const { matmulGflops = Number.NaN, matmulSize = 0, copyGBs = Number.NaN } = begin?.probe ?? {};
  if (given.json)
    return printJson({
      adapter,
      kernels: begin?.kernels,
      probe: { matmul_gflops: matmulGflops, matmul_size: matmulSize, copy_gb_per_s: copyGBs },
      rows: rows.map(record),
      left_out: (begin?.leftOut ?? []).map(({ shape, mode }) => ({ shape, mode })),
      refused: refused.map(({ shape, mode, reason }) => ({ shape, mode, reason })),
    });
  const text = benchShapeNames.flatMap((name) => {
    const own = rows.filter(({ shape }) => shape === name);
    if (own.length === 0) return [];
    return [describe(name), ...own.flatMap((row) => [...lines(row), ...profileLines(row.kernels ?? [])])];
  });
  process.stdout.write(
    `probe: matmul ${number(matmulGflops)} GFLOP/s at ${matmulSize}³, copy ${number(copyGBs)} GB/s\nkernels: ${begin?.kernels}\n${text.join('\n')}\n`,
  );
}
