// rmt info, and the message of a command that finds no adapter.
import { describe, expect, it } from 'vitest';
import { command, rmt } from '../testing/cli.ts';
import { oneJson, ragged, raggedInput, refused, smallRun } from '../testing/cli-runs.ts';

describe('no adapter', () => {
  // Only Linux allows the environment to hide the driver.
  it.runIf(process.platform === 'linux')('is reported in one line', async () => {
    const env = { VK_ICD_FILENAMES: '/none.json', VK_DRIVER_FILES: '/none.json', RMT_ADAPTER: '' };
    const words = [['info'], [...smallRun, '--out', 'x'], ['forward', ...ragged, ...raggedInput, '--out', 'o']];
    for (const command of words)
      expect(await refused(command, 1, (words, { cwd }) => rmt(words, { cwd, env }))).toMatch(
        /^adapter: Dawn found none \(expected a Vulkan driver: /,
      );
  });
});

describe('info', () => {
  it('--json is exactly one document', async () => {
    const info = oneJson(await rmt(['info', '--json']));
    expect(info).toEqual({
      adapter: expect.stringMatching(/./),
      vendor: expect.any(String),
      architecture: expect.any(String),
      description: expect.any(String),
      software: expect.any(Boolean),
      features: expect.any(Array),
      limits: expect.any(Object),
      kernels: expect.stringMatching(/^products .+; attention .+/),
      kernels_chosen_by: expect.stringMatching(/^(facts|timed|remembered)$/),
      kernels_left_out: [],
      probe: {
        matmul_gflops: expect.any(Number),
        matmul_size: expect.any(Number),
        copy_gb_per_s: expect.any(Number),
        dispatch_us: expect.any(Number),
      },
    });
    for (const limit of Object.values(info['limits'] as Record<string, number>)) expect(limit).toBeGreaterThan(0);
    for (const measured of Object.values(info['probe'] as Record<string, number>)) expect(measured).toBeGreaterThan(0);
  });

  it('prints the same as text', async () => {
    const { status, stdout, errors } = await command(['info']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    for (const word of ['adapter', 'features', 'chosen by', 'maxBufferSize', 'GFLOP/s', 'GB/s'])
      expect(stdout).toContain(word);
  });
});
