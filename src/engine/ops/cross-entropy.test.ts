import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { crossEntropy } from './cross-entropy.ts';

async function run(
  logits: Float32Array,
  labels: ArrayLike<number>,
  rowWeight: ArrayLike<number>,
  C: number,
  software = true,
) {
  const R = labels.length;
  const COLUMNS = logits.length / R;
  const { result, d_logits } = await onGpu(
    (stage) => {
      const inp = stage.f32('logits', [R, COLUMNS], logits);
      stage.gradient(
        inp,
        logits.map(() => Number.NaN),
        false,
      );
      const weights = stage.f32('row weight', [R], rowWeight);
      const out = crossEntropy(stage.tape, inp, C, stage.u32('labels', [R], labels), weights);
      return () => ({ result: out, d_logits: stage.d(inp) });
    },
    { software },
  );
  return { loss: result.filter((_, i) => i % 2 === 0), best: result.filter((_, i) => i % 2 === 1), d_logits };
}

it('the reference gradients match central differences', () => {
  const [logits, labels, weights] = [normals(3 * 8, 1, 2), [0, 4, 2], [0.5, 1, 0]];
  const back = reference.crossEntropy(logits, labels, weights, 5, 8).d_logits;
  const loss = (x: ArrayLike<number>) => reference.dot(weights, reference.crossEntropy(x, labels, weights, 5, 8).loss);
  expectNear(back, reference.centralDifferences(loss, logits), 1e-8);
});

// Software adapters use one invocation per row, GPUs several.
describe.each([
  ['one invocation per row', true],
  ['several invocations per row', false],
])('cross_entropy with %s', (_lanes, software) => {
  // 6 classes are padded to 8 columns.
  it.each([
    [1, 1, 4],
    [63, 2, 4],
    [64, 6, 8],
    [65, 6, 8],
    [5, 768, 768],
    [33, 301, 304],
  ])('matches f64 at %i rows, %i classes in %i columns', async (R, C, COLUMNS) => {
    const random = new Random(R, C);
    const labels = Array.from({ length: R }, () => random.int(C));
    const weights = Float32Array.from({ length: R }, (_, r) => (r % 3 === 1 ? 0 : random.float()));
    // The padding columns must not count: they would win.
    const logits = normals(R * COLUMNS, 1, 3).map((value, i) => (i % COLUMNS < C ? value : 50));
    const got = await run(logits, labels, weights, C, software);
    const want = reference.crossEntropy(logits, labels, weights, C, COLUMNS);
    expectClose(got.loss, want.loss, { atol: 3e-6, rtol: 1e-6, label: 'loss' });
    expectClose(got.d_logits, want.d_logits, { atol: 1e-6, label: 'd logits' });
    expect([...got.best]).toEqual([...want.best]);
  });

  it('is correct with extreme logits', async () => {
    const logits = Float32Array.from([
      ...[1e4, -1e4, 0, 0], // confident and correct
      ...[1e4, -1e4, 0, 0], // confident and wrong
      ...[3e38, 3e38, -3e38, -3e38], // the extremes of f32
      ...[-1e30, -1e30, -1e30, -1e30],
      ...[88.8, 0, 0, 0], // exp overflows
    ]);
    const labels = [0, 1, 0, 3, 1];
    const got = await run(logits, labels, [1, 1, 1, 1, 1], 4, software);
    const want = reference.crossEntropy(logits, labels, [1, 1, 1, 1, 1], 4, 4);
    // exp(x - log_sum) where both are 1e30: ln 4 is lost in f32's rounding, so p and loss of that row are 1 and 0.
    expectClose(got.loss.slice(0, 2), want.loss.slice(0, 2), { rtol: 1e-6, atol: 1e-6, label: 'loss' });
    expectClose(got.loss.slice(4), want.loss.slice(4), { rtol: 1e-6, label: 'loss' });
    for (const value of [...got.loss, ...got.d_logits]) expect(Number.isFinite(value)).toBe(true);
    expect([...got.best]).toEqual([0, 0, 0, 0, 0]);
  });

  it('refuses more classes than columns, and labels for other rows', async () => {
    await expect(run(normals(4, 1), [0], [1], 5)).rejects.toThrow(
      new ShapeError("cross_entropy: 'logits' has shape (1, 4), expected at least 5 columns"),
    );
    await expect(
      onGpu((stage) => {
        const [logits, labels] = [stage.f32('logits', [2, 4], normals(8, 1)), stage.u32('labels', [3], [0, 0, 0])];
        crossEntropy(stage.tape, logits, 4, labels, logits);
        return () => ({});
      }),
    ).rejects.toThrow(new ShapeError("cross_entropy: 'labels' has shape (3), expected (2)"));
  });
});
