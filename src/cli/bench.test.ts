// rmt bench.
import { readdirSync } from 'node:fs';
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

  it('--counts has every kernel of a training step, without timing any', async () => {
    const report = oneJson(await rmt(['bench', '--counts', '--shape', 'tiny', '--json']));
    const kernels = report['kernels'] as Record<string, unknown>[];
    // GPUs use kernels with several invocations per row.
    const named = kernels.map(({ kernel }) => String(kernel).replace(/ \(.*|_(split|lanes)$/, ''));
    // What is only looked at, and its path without words, belongs to no training step; decoders and encoders share the rest.
    const sources = readdirSync('shaders').flatMap((file) => /^(\w+)\.wgsl$/.exec(file)?.[1] ?? []);
    const missing = sources.filter(
      (kernel) =>
        !named.includes(kernel) && !/_weights$|_times_word$|^share_words$|_quads$|_split$|_lanes$/.test(kernel),
    );
    expect(missing).toEqual([]);
    for (const { bytes, dispatches, invocations, requested, neighbours } of kernels) {
      for (const figure of [bytes, dispatches, requested, ...(invocations as number[])])
        expect(figure).toBeGreaterThan(0);
      for (const share of Object.values(neighbours as Record<string, number>)) {
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
    expect(kernels.find(({ kernel }) => kernel === 'adamw')).toMatchObject({ workgroup_bytes: 0 });
    expect(kernels.find(({ kernel }) => kernel === 'gradient_norm')).toMatchObject({ workgroup_bytes: 256 });
  });
});
