// node scripts/mutants.mjs [name]: does a test fail when one sign or one index of a kernel is wrong? Run by hand.
// Each mutant is applied in a copy of the worktree, never in place; every one must be caught.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpuEnvironment } from './gpu-environment.mjs';
import { root } from './process.mjs';

const ops = 'src/engine/ops';
/** The shader, what stands there, what the mutant has instead, and the tests that must notice. */
const mutants = /** @type {const} */ ([
  ['adamw', '1.0 - lr * hyper[4]', '1.0 + lr * hyper[4]', 'src/engine/adamw.test.ts'],
  ['adamw', 'hyper[10] * g * g', 'hyper[10] * g', 'src/engine/adamw.test.ts'],
  ['adamw', 'vec4f(-hyper[8])', 'vec4f(0.0)', 'src/engine/adamw.test.ts'],
  ['adamw', 'min(1.0, hyper[7]', 'max(1.0, hyper[7]', 'src/engine/adamw.test.ts'],
  ['add', 'sum += out[i]', 'sum -= out[i]', `${ops}/add.test.ts`],
  ['add', 'wg.y * groups.x', 'wg.y', `${ops}/add.test.ts`],
  ['attention_backward_key_value', 'd_p - delta[query]', 'd_p + delta[query]', `${ops}/attention.test.ts`],
  [
    'attention_backward_key_value',
    'dropout_factor(query * S + j,',
    'dropout_factor(query * S + i,',
    `${ops}/attention.test.ts`,
  ],
  ['attention_backward_key_value', '(p * keep) * d_out', 'p * d_out', `${ops}/attention.test.ts`],
  ['attention_backward_key_value', 'if (j < lengths[b])', 'if (j <= lengths[b])', `${ops}/attention.test.ts`],
  ['attention_backward_query', '(d_p - own)', '(d_p + own)', `${ops}/attention.test.ts`],
  ['attention_backward_query', 'if (j >= length) { break; }', '', `${ops}/attention.test.ts`],
  ['attention_backward_query', 'delta[index] = own', 'delta[index] = -own', `${ops}/attention.test.ts`],
  ['attention_forward', 'o[d] = o[d] * shrink', 'o[d] = o[d]', `${ops}/attention.test.ts`],
  [
    'attention_forward',
    's = select(vec4f(MASKED), s, vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(length));',
    '',
    `${ops}/attention.test.ts`,
  ],
  [
    'attention_forward',
    'let next = max(max(max(s.x, s.y), max(s.z, s.w)), highest);',
    'let next = 0.0;',
    `${ops}/attention.test.ts`,
  ],
  [
    'attention_forward',
    'lse[index] = highest + log(sum)',
    'lse[index] = highest - log(sum)',
    `${ops}/attention.test.ts`,
  ],
  ['attention_weights', 'COLUMN + index % COLUMNS', 'index % COLUMNS', `${ops}/attention.test.ts`],
  ['attention_weights', 'ROW + (index / COLUMNS) % ROWS', '(index / COLUMNS) % ROWS', `${ops}/attention.test.ts`],
  ['dropout', 'dropout_factor(i * 4u + 1u,', 'dropout_factor(i * 4u + 2u,', `${ops}/dropout.test.ts`],
  ['dropout', 'value += residual[i]', 'value -= residual[i]', `${ops}/dropout.test.ts`],
  ['dropout', 'if (ACCUMULATE) { value += out[i]; }', '', `${ops}/dropout.test.ts`],
  ['embedding_backward_memory', '* S + 1u + row % M', '* S + row % M', `${ops}/embedding.test.ts`],
  [
    'embedding_backward_position',
    'd_position[index] += total',
    'd_position[index] = total',
    `${ops}/embedding.test.ts`,
  ],
  ['embedding_backward_word', 'var i = first; i < end', 'var i = first + 1u; i < end', `${ops}/embedding.test.ts`],
  ['embedding_forward', 's <= M', 's < M', `${ops}/embedding.test.ts`],
  ['embedding_forward', '+ token_type[c]', '- token_type[c]', `${ops}/embedding.test.ts`],
  ['gradient_norm', 'sums[local + half]', 'sums[local]', 'src/engine/adamw.test.ts'],
  ['gradient_norm', '(SHARES + 63u) / 64u', 'SHARES / 64u', 'src/engine/adamw.test.ts'],
  ['layer_norm_backward', '- means.x', '+ means.x', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward', '- normal * means.y', '+ normal * means.y', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward_affine', 'chunk * (D / 2u) + D / 4u + c', 'chunk * (D / 2u) + c', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward_affine', '(R + CHUNKS - 1u) / CHUNKS', 'R / CHUNKS', `${ops}/layer-norm.test.ts`],
  ['layer_norm_forward', 'let x = inp[base + c] - mean;', 'let x = inp[base + c];', `${ops}/layer-norm.test.ts`],
  ['layer_norm_forward', 'vec2f(mean, rstd)', 'vec2f(mean, variance)', `${ops}/layer-norm.test.ts`],
  ['linear_backward_input', 'let w = n * K + col', 'let w = n * N + col', `${ops}/linear.test.ts`],
  ['linear_backward_input', 'gelu_derivative(pre[at])', 'gelu(pre[at])', `${ops}/linear.test.ts`],
  ['linear_backward_input', 'value += d_inp[at]', 'value -= d_inp[at]', `${ops}/linear.test.ts`],
  [
    'linear_backward_weight',
    'in3 * d_out[r3 * (N / 4u) + n_lo]',
    'd_out[r3 * (N / 4u) + n_lo]',
    `${ops}/linear.test.ts`,
  ],
  [
    'linear_backward_weight',
    'if (n_hi != n_lo) { d_bias[n_hi] += bias_hi; }',
    'd_bias[n_hi] += bias_hi;',
    `${ops}/linear.test.ts`,
  ],
  ['linear_backward_weight', 'if (row >= N) { return; }\n  d_weight', 'd_weight', `${ops}/linear.test.ts`],
  ['linear_forward', 'product + bias[col]', 'product - bias[col]', `${ops}/linear.test.ts`],
  ['linear_forward', 'if (row >= R) { return; }', '', `${ops}/linear.test.ts`],
  ['linear_gelu_forward', 'gelu(value)', 'value', `${ops}/linear.test.ts`],
  ['linear_gelu_forward', '= value;', '= product;', `${ops}/linear.test.ts`],
  ['memory_broadcast', 'index % (N / 4u)', 'index / B', `${ops}/read-out.test.ts`],
  ['read_out_backward', 'select(d, vec4f(0.0), has_text)', 'd', `${ops}/read-out.test.ts`],
  ['read_out_backward', 'if (row_weight[b] != 0.0) {', 'if (true) {', `${ops}/read-out.test.ts`],
  ['read_out_forward', 'if (started[b] != 0u)', 'if (started[b] == 0u)', `${ops}/read-out.test.ts`],
  ['read_out_forward', 'value += NOISE', 'value -= NOISE', `${ops}/read-out.test.ts`],
  ['softmax_cross_entropy', 'f32(c == label)', 'f32(c != label)', `${ops}/cross-entropy.test.ts`],
  ['softmax_cross_entropy', 'exp(logits[base + c] - highest)', 'exp(logits[base + c])', `${ops}/cross-entropy.test.ts`],
  ['softmax_cross_entropy', 'value > highest', 'value >= highest', `${ops}/cross-entropy.test.ts`],
  ['sum_rows', 'r < R', 'r + 1u < R', `${ops}/add.test.ts`],
  ['sum_squares', 'SHARES - 1u) / SHARES', 'SHARES - 2u) / SHARES', 'src/engine/adamw.test.ts'],
  ['tanh_backward', '1.0 - out[i]', '1.0 + out[i]', `${ops}/linear.test.ts`],
  ['lib/attention', '3u * H + H + h) * DH4', '3u * H + h) * DH4', `${ops}/attention.test.ts`],
  ['lib/gelu', '-1.453152027', '1.453152027', `${ops}/linear.test.ts`],
  ['lib/gelu', '+ x * 0.398', '- x * 0.398', `${ops}/linear.test.ts`],
  ['lib/lanes', 'lane_sums[local + half]', 'lane_sums[local]', `${ops}/layer-norm.test.ts`],
  ['lib/linear_main', 'let at7 = row_of(row + 7u)', 'let at7 = row_of(row + 6u)', `${ops}/linear.test.ts`],
  ['lib/random', 'v.y += v.z * v.x;', 'v.y += v.z;', `${ops}/dropout.test.ts`],
  ['lib/random', 'uniform >= p', 'uniform < p', `${ops}/dropout.test.ts`],
  ['lib/random', 'radius * sin(angle)', 'radius * cos(angle)', `${ops}/read-out.test.ts`],
  ['lib/tile', 't.r7 + b * hi[3]', 't.r7 + b * hi[2]', `${ops}/linear.test.ts`],
]);

const { env } = await gpuEnvironment();
const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
/** Whether the tests pass. @param {string} file */
const passes = (file) =>
  spawnSync(process.execPath, [vitest, 'run', file, '--bail=1', '--reporter=dot'], { cwd: copy, env, timeout: 300_000 })
    .status === 0;

let survived = 0;
try {
  for (const part of ['src', 'shaders', 'vitest.config.ts', 'package.json', 'tsconfig.base.json', 'tsconfig.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const chosen = mutants.filter(([name]) => name.includes(process.argv[2] ?? ''));
  // Tests that fail without a mutant would catch anything.
  for (const file of new Set(chosen.map(([, , , test]) => test)))
    if (!passes(file)) throw new Error(`mutants: ${file} fails without a mutant (expected it to pass)`);
  for (const [name, from, to, test] of chosen) {
    const path = join(copy, 'shaders', `${name}.wgsl`);
    const original = readFileSync(path, 'utf8');
    if (!original.includes(from)) throw new Error(`mutants: ${name}.wgsl has no '${from}' (bring the list up to date)`);
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    const caught = !passes(test);
    writeFileSync(path, original);
    if (!caught) survived++;
    console.log(
      `${caught ? 'caught  ' : 'SURVIVED'}  ${name.padEnd(29)} ${from.replace(/\s+/g, ' ')}  →  ${to || '(nothing)'}`,
    );
  }
  console.log(`\n${chosen.length - survived} of ${chosen.length} mutants caught`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = survived > 0 ? 1 : 0;
