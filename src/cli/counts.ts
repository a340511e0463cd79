// rmt bench --counts: kernels by counting, beside a roofline of named GPUs. Nothing is timed.
import { namedGpus, rooflineOf } from '../analysis/roofline.ts';
import { type BenchShapeName, benchShapes } from '../analysis/segment-flops.ts';
import { countKernels, type KernelCount } from '../instruments/counts.ts';
import { printJson } from './arguments.ts';
import type { OpenDevice } from './device.ts';

/** The share of the counted time of its step from which a kernel is worth naming. */
const HEAVY = 0.01;

const number = (n: number) => n.toLocaleString('en', { maximumFractionDigits: n < 10 ? 1 : 0 });

/** Of all dispatches of a kernel: the roofline's share of what the counts say, and what limits the longest. */
function sharesOf({ each }: KernelCount) {
  return namedGpus.map((gpu) => {
    const all = each.map((one) => ({ ...rooflineOf(one, gpu), count: one.count }));
    const sum = (of: (one: (typeof all)[number]) => number) =>
      all.reduce((total, one) => total + one.count * of(one), 0);
    const [longest] = [...all].sort((a, b) => b.count * b.counted - a.count * a.counted);
    return {
      gpu: gpu.name,
      microseconds: sum(({ counted }) => counted),
      share: sum(({ roof }) => roof) / sum(({ counted }) => counted),
      limit: longest?.limit ?? 'memory',
    };
  });
}

/** The worst binding, and its share of useful sectors. */
function neighboursText({ neighbours }: KernelCount): string {
  const [worst] = Object.entries(neighbours).sort((a, b) => a[1] - b[1]);
  if (!worst) return 'no access traced';
  const [name, share] = worst;
  return share > 0.95 ? 'yes' : `${name} ${(100 * share).toFixed(0)} %`;
}

export async function counts(shape: BenchShapeName, json: boolean, open: OpenDevice): Promise<void> {
  const gpu = await open();
  let kernels: KernelCount[];
  try {
    kernels = await countKernels(gpu, benchShapes[shape]);
  } finally {
    gpu.destroy();
  }
  const rows = kernels.map((kernel) => ({ ...kernel, rooflines: sharesOf(kernel) }));
  const isHeavy = (row: (typeof rows)[number]) =>
    row.rooflines.some(({ gpu, microseconds }) => {
      const timeOf = ({ rooflines }: (typeof rows)[number]) =>
        rooflines.find((each) => each.gpu === gpu)?.microseconds ?? 0;
      const step = rows.filter(({ model }) => model === row.model).reduce((sum, each) => sum + timeOf(each), 0);
      return microseconds >= HEAVY * step;
    });
  const below = rows.filter((row) => isHeavy(row) && row.rooflines.some(({ share }) => share < 0.5));
  if (json)
    return printJson({
      shape,
      gpus: namedGpus,
      kernels: rows.map(({ each: _, workgroupBytes, ...row }) => ({ ...row, workgroup_bytes: workgroupBytes })),
      below_half: below.map(({ kernel }) => kernel),
    });
  const heads = [
    'kernel',
    'dispatches',
    'MFLOP',
    'MB',
    'MB loaded',
    'invocations',
    'workgroup B',
    'neighbours',
    ...namedGpus.map(({ name }) => name),
  ];
  const lines = rows.map((row) => [
    row.kernel,
    number(row.dispatches),
    number(row.operations / 1e6),
    number(row.bytes / 1e6),
    row.requested === undefined ? '–' : number(row.requested / 1e6),
    row.invocations[0] === row.invocations[1] ? number(row.invocations[0]) : row.invocations.map(number).join('–'),
    number(row.workgroupBytes),
    neighboursText(row),
    ...row.rooflines.map(({ share, limit }) => `${(100 * share).toFixed(0)} % ${limit}`),
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const print = (line: readonly string[]) =>
    line
      .map((cell, i) => (i === 0 || i > 6 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  process.stdout.write(
    [
      `${shape}: one training step of an encoder, of Transformer-XL with memory and of ARMT; a kernel stands with the first that uses it`,
      'MB: everything bound, once. MB loaded: the 32-byte sectors that all loads and stores touch. neighbours: the share of those',
      'sectors that a subgroup needed, of the worst binding. Per GPU: the roofline’s share of the counted time, and what limits it',
      '',
      ...[heads, ...lines].map(print),
      '',
      `below half of a roofline, and at least 1 % of the counted time of their step: ${below.map(({ kernel }) => kernel).join(', ') || 'none'}`,
      '',
    ].join('\n'),
  );
}
