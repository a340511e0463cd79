// rmt info: the adapter of this machine, its features, limits and chosen kernels.
import { dispatchMicroseconds, probe } from '../engine/gpu/probe.ts';
import { tuningText } from '../engine/gpu/tune.ts';
import type { TuningSource } from '../engine/gpu/tuning.ts';
import { options, printJson } from './arguments.ts';
import type { OpenDevice } from './device.ts';

const chosenBy: Readonly<Record<TuningSource, string>> = {
  facts: 'chosen by the adapter’s properties',
  timed: 'chosen by timing the candidates now',
  remembered: 'chosen by timing the candidates earlier; --retune times them again',
};

export async function info(words: readonly string[], open: OpenDevice): Promise<void> {
  const { json, retune } = options('info', words, { json: 'flag', retune: 'flag' });
  const gpu = await open(false, retune);
  const measured = await probe(gpu);
  const dispatch = await dispatchMicroseconds(gpu);
  const { features, limits, software, vendor, architecture, description } = gpu.facts;
  const facts = {
    adapter: gpu.name,
    vendor,
    architecture,
    description,
    software,
    features,
    limits,
    kernels: tuningText(gpu.tuning),
    kernels_chosen_by: gpu.tuningSource,
    kernels_left_out: gpu.lostVariants,
    probe: {
      matmul_gflops: measured.matmulGflops,
      matmul_size: measured.matmulSize,
      copy_gb_per_s: measured.copyGBs,
      dispatch_us: dispatch,
    },
  };
  if (json) return printJson(facts);
  const lines = [
    `adapter    ${gpu.name}`,
    `features   ${features.join(', ') || 'none'}`,
    ...Object.entries(limits).map(
      ([name, value], i) => `${i === 0 ? 'limits     ' : '           '}${name} ${value.toLocaleString('en')}`,
    ),
    `kernels    ${tuningText(gpu.tuning)}`,
    `           ${chosenBy[gpu.tuningSource]}`,
    ...(gpu.lostVariants.length > 0
      ? [`           skipped because they lost the device: ${gpu.lostVariants.join(', ')}`]
      : []),
    `probe      matmul ${measured.matmulGflops.toFixed(1)} GFLOP/s at ${measured.matmulSize}³, copy ${measured.copyGBs.toFixed(1)} GB/s, ${dispatch.toFixed(1)} µs a dispatch`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
