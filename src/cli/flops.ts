// rmt flops: FLOPs of RMT against full attention, by the formula of RMT-1M (Bulatov et al. 2023).
import { compareFlops, optFamily } from '../analysis/flops.ts';
import { InputError } from '../errors.ts';
import { integers, options, printJson } from './arguments.ts';

export async function flops(words: readonly string[]): Promise<void> {
  const given = options('flops', words, { model: 'text', segments: 'text', json: 'flag' });
  const segments = integers(
    'flops: --segments',
    given.segments ?? '1,2,4,8,16,32,64,125,250,500,1000,2000,4000',
    1,
    2 ** 31,
  );
  const names = Object.keys(optFamily) as (keyof typeof optFamily)[];
  const chosen = names.filter((name) => given.model === undefined || name === given.model);
  if (chosen.length === 0) throw new InputError('flops: --model', `'${given.model}'`, `one of ${names.join(', ')}`);
  const rows = chosen.flatMap((model) =>
    segments.map((n) => ({ model, segments: n, ...compareFlops(optFamily[model], n) })),
  );
  if (given.json) return printJson(rows);
  const lines = rows.map(({ model, segments: n, rmt, full, ratio }) =>
    [
      model.padEnd(6),
      String(n).padStart(8),
      rmt.toExponential(3).padStart(10),
      full.toExponential(3).padStart(10),
      ratio.toFixed(2).padStart(8),
    ].join('  '),
  );
  process.stdout.write(`model   segments   RMT FLOPs  full FLOPs     ratio\n${lines.join('\n')}\n`);
}
