// rmt check: compares the gradients computed on this machine's GPU with an f64 reference.

import { check as run } from '../instruments/check/check.ts';
import type { ReportOf } from '../protocol/index.ts';
import { options, printJson } from './arguments.ts';
import type { OpenDevice } from './device.ts';

type Result = ReportOf<'check-result'>;

/** @throws Error if a gradient is not within the tolerance */
export async function check(words: readonly string[], open: OpenDevice): Promise<void> {
  const { json } = options('check', words, { json: 'flag' });
  const gpu = await open();
  const results: Result[] = [];
  let tolerance = 0;
  for await (const event of run(gpu, () => false)) {
    if (event.type === 'check-begin') ({ tolerance } = event);
    if (event.type === 'check-result') results.push(event);
  }
  const rows = results.flatMap(({ of, rows: compared }) => compared.map((row) => ({ ...of, ...row })));
  const failed = rows.filter(({ passed }) => !passed);
  if (json) printJson({ adapter: gpu.name, tolerance, passed: failed.length === 0, rows });
  else {
    const lines = rows.map(
      ({ model, kernels, group, error, passed }) =>
        `${passed ? 'pass' : 'FAIL'}  ${error.toExponential(1).padStart(8)}  ${model.padEnd(8)}  ${kernels}  ${group}`,
    );
    process.stdout.write(`${lines.join('\n')}\n${rows.length - failed.length} of ${rows.length} within ${tolerance}\n`);
  }
  if (failed.length > 0)
    throw new Error(
      `check: ${failed.length} of ${rows.length} groups differ from the reference (expected at most ${tolerance})`,
    );
}
