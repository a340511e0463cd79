// rmt flops.
import { describe, expect, it } from 'vitest';
import { command } from '../testing/cli.ts';

describe('flops', () => {
  it('--json has the contract’s fields and the figures of RMT-1M', async () => {
    const { status, stdout, errors } = await command(['flops', '--model', '125M', '--segments', '1,2,4000', '--json']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    expect(stdout).toMatch(/^\[.*\]\n$/);
    const rows = JSON.parse(stdout) as { segments: number; rmt: number; full: number; ratio: number }[];
    const row = { model: '125M', rmt: expect.any(Number), full: expect.any(Number), ratio: expect.any(Number) };
    expect(rows).toEqual([1, 2, 4000].map((segments) => ({ ...row, segments })));
    // The figures of RMT-1M (Bulatov et al. 2023).
    for (const [i, ratio] of [1, 1.07, 295.07].entries()) expect(rows[i]?.ratio).toBeCloseTo(ratio, 2);
    for (const { rmt: ours, full, ratio } of rows) expect(full / ours).toBeCloseTo(ratio, 9);
  });
});
