// rmt bench.
import { describe, expect, it } from 'vitest';
import { command, rmt } from '../testing/cli.ts';
import { oneJson } from '../testing/cli-runs.ts';

describe('bench', () => {
  const tiny = ['bench', '--shape', 'tiny', '--mode', 'forward', '--runs', '1'];

  it('--json has figures and the profile of the requested shapes', async () => {
    const report = oneJson(await rmt([...tiny, '--profile', '--json']));
    expect(report).toMatchObject({ adapter: expect.any(String), left_out: [], refused: [] });
    const rows = report['rows'] as Record<string, unknown>[];
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      shape: 'tiny',
      mode: 'forward',
      model: { layers: 2, hidden_size: 64, heads: 4, intermediate_size: 256, num_mem_tokens: 4 },
      batch: 32,
      positions: 32,
      runs: 1,
      dispatches: { begin: expect.any(Number), encode: expect.any(Number), head: expect.any(Number) },
      dispatches_per_layer: { forward: expect.any(Number), backward: 0 },
    });
    const kernels = rows[0]?.['kernels'] as { kernel: string; ms: number }[];
    expect(kernels.map(({ kernel }) => kernel)).toContain('embedding_forward');
    for (const { ms } of kernels) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it('computes in f16 if the adapter supports it, and refuses otherwise', async () => {
    const { features } = oneJson(await command(['info', '--json'])) as { features: string[] };
    const halved = await command([...tiny, '--half', '--json']);
    if (features.includes('shader-f16'))
      expect(oneJson(halved)).toMatchObject({ kernels: expect.stringMatching(/f16/) });
    else {
      expect(halved.status).toBe(2);
      expect(halved.errors.join()).toMatch(/half precision: an adapter without it \(expected .*shader-f16\)/);
    }
  });

  it('prints the same as text', async () => {
    const { status, stdout } = await command(tiny);
    expect(status).toBe(0);
    for (const word of ['probe: matmul', 'tiny: 2 layers', 'GFLOP/s', 'dispatches', 'per layer:', 'GPU bytes'])
      expect(stdout).toContain(word);
  });
});
