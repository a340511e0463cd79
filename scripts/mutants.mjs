// node scripts/mutants.mjs [name …]: does a test fail when one sign or one index of a kernel is wrong? Run by hand.
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
  ['associative_match', 'sum += out[index]', 'sum -= out[index]', `${ops}/associative.test.ts`],
  ['associative_match', '(row / R) * K', 'row * K', `${ops}/associative.test.ts`],
  ['associative_match', 'state[at + W / 2u]', 'state[at]', `${ops}/associative.test.ts`],
  ['associative_read', 'key.w * state[at + 3u * (W / 4u)]', 'key.w * state[at + W / 2u]', `${ops}/associative.test.ts`],
  ['associative_read', '(row / R) * K', 'row * K', `${ops}/associative.test.ts`],
  ['associative_write', 'sum += base[index]', 'sum -= base[index]', `${ops}/associative.test.ts`],
  ['associative_write', 'row % K', 'row', `${ops}/associative.test.ts`],
  ['associative_write', 'values[(b * R + r)', 'values[r', `${ops}/associative.test.ts`],
  ['attention_backward_key_value', 'd_p - delta[query]', 'd_p + delta[query]', `${ops}/attention.test.ts`],
  [
    'attention_backward_key_value',
    'dropout_factor(query * S + j,',
    'dropout_factor(query * S + i,',
    `${ops}/attention.test.ts`,
  ],
  ['attention_backward_key_value', '(p * keep) * d_out', 'p * d_out', `${ops}/attention.test.ts`],
  ['attention_backward_key_value', 'if (j >= key_end(length, i)) { continue; }', '', `${ops}/attention.test.ts`],
  ['attention_backward_query', '(d_p - own)', '(d_p + own)', `${ops}/attention.test.ts`],
  ['attention_backward_query', 'delta[index] = own', 'delta[index] = -own', `${ops}/attention.test.ts`],
  ['attention_backward_query', 'if (j >= end) { break; }', '', `${ops}/attention.test.ts`],
  ['attention_delta', 'vec2f(lse[index], own)', 'vec2f(lse[index], -own)', `${ops}/attention-relative.test.ts`],
  ['attention_delta', '(b * Q + i) * H + h', '(b * Q + i) * H', `${ops}/attention-relative.test.ts`],
  ['attention_delta', '(index / Q) % H', 'index % H', `${ops}/attention-relative.test.ts`],
  ['attention_forward', 'o[d] = o[d] * shrink', 'o[d] = o[d]', `${ops}/attention.test.ts`],
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
  [
    'attention_forward',
    's = select(vec4f(MASKED), s, vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(end));',
    '',
    `${ops}/attention.test.ts`,
  ],
  [
    'attention_relative_backward_distance',
    '+ biases[(H + h) * DH4 + d]); }',
    '+ biases[h * DH4 + d]); }',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_backward_distance', 'j < key_start(extent.y) || ', '', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_backward_distance',
    ' || j >= CACHE + key_end(extent.x, i)',
    '',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_backward_distance', 'b < B; b++', 'b + 1u < B; b++', `${ops}/attention-relative.test.ts`],
  ['attention_relative_backward_distance', '(d_p - stat.y)', '(d_p + stat.y)', `${ops}/attention-relative.test.ts`],
  ['attention_relative_backward_key_value', '(d_p - stat.y)', '(d_p + stat.y)', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_backward_key_value',
    'd_s * (qkv[q_at(b, CACHE + i, h) + d] + biases[h * DH4 + d])',
    'd_s * qkv[q_at(b, CACHE + i, h) + d]',
    `${ops}/attention-relative.test.ts`,
  ],
  [
    'attention_relative_backward_key_value',
    'if (j >= CACHE + key_end(extent.x, i)) { continue; }',
    '',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_backward_key_value', 'j >= key_start(extent.y) && ', '', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_backward_key_value',
    'd_v[d] += p * d_out',
    'd_v[d] += d_out',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_backward_query', '(d_p - stat.y)', '(d_p + stat.y)', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_backward_query',
    'if (j < key_start(extent.y)) { continue; }',
    '',
    `${ops}/attention-relative.test.ts`,
  ],
  [
    'attention_relative_backward_query',
    'for (var d = 0u; d < DH4; d++) { d_qkv[q_at(b, row, h) + d] = vec4f(0.0); }',
    '',
    `${ops}/attention-relative.test.ts`,
  ],
  [
    'attention_relative_backward_query',
    'parts[at] = content[d]',
    'parts[at] = position[d]',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_backward_query', 'content[d] + position[d]', 'content[d]', `${ops}/attention-relative.test.ts`],
  ['attention_relative_backward_query', '2u * H + h) * DH4', 'H + h) * DH4', `${ops}/attention-relative.test.ts`],
  ['attention_relative_backward_query', 'if (j >= end) { break; }', '', `${ops}/attention-relative.test.ts`],
  ['attention_relative_forward', 'o[d] = o[d] * shrink', 'o[d] = o[d]', `${ops}/attention-relative.test.ts`],
  ['attention_relative_forward', 'sum = sum * shrink', 'sum = sum', `${ops}/attention-relative.test.ts`],
  ['attention_relative_forward', 'let next = max(s, highest);', 'let next = 0.0;', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_forward',
    'biases[(H + h) * DH4 + d]',
    'biases[h * DH4 + d]',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_forward', 'if (j < key_start(extent.y)) { continue; }', '', `${ops}/attention-relative.test.ts`],
  [
    'attention_relative_forward',
    'CACHE + key_end(extent.x, i)',
    'key_end(extent.x, i)',
    `${ops}/attention-relative.test.ts`,
  ],
  ['attention_relative_forward', 'highest + log(sum)', 'highest - log(sum)', `${ops}/attention-relative.test.ts`],
  ['attention_relative_weights', 'extents[b].x - ROW', 'extents[b].x + ROW', `${ops}/attention-relative.test.ts`],
  ['attention_relative_weights', 'COLUMN + index % COLUMNS', 'index % COLUMNS', `${ops}/attention-relative.test.ts`],
  ['attention_relative_weights', 'var i = ROW + (index', 'var i = (index', `${ops}/attention-relative.test.ts`],
  ['attention_relative_weights', 'j >= key_start(extent.y) && ', '', `${ops}/attention-relative.test.ts`],
  ['attention_relative_weights', 'j < CACHE + key_end(extent.x, i)', 'true', `${ops}/attention-relative.test.ts`],
  ['attention_weights', 'COLUMN + index % COLUMNS', 'index % COLUMNS', `${ops}/attention.test.ts`],
  ['attention_weights', 'ROW + (index / COLUMNS) % ROWS', '(index / COLUMNS) % ROWS', `${ops}/attention.test.ts`],
  ['attention_weights', 'lengths[b] - ROW', 'lengths[b] + ROW', `${ops}/attention.test.ts`],
  ['attention_weights', 'if (j < key_end(lengths[b], i))', 'if (true)', `${ops}/attention.test.ts`],
  ['cache_concat', 'p - CACHE', 'p', `${ops}/cache.test.ts`],
  ['cache_concat', 'if (p < CACHE)', 'if (p <= CACHE)', `${ops}/cache.test.ts`],
  ['cache_concat_backward', '+ CACHE + row % S', '+ row % S', `${ops}/cache.test.ts`],
  ['cache_concat_backward', 'value += d_hidden[index]', 'value -= d_hidden[index]', `${ops}/cache.test.ts`],
  ['cache_update', 'source += extents[b].x', 'source += S', `${ops}/cache.test.ts`],
  ['cache_update', 'if (started[b] != 0u)', 'if (true)', `${ops}/cache.test.ts`],
  ['cache_update', 'if (source < CACHE)', 'if (source <= CACHE)', `${ops}/cache.test.ts`],
  ['delta_rule_backward', 'beta * (1.0 - beta) * d_beta', 'beta * d_beta', `${ops}/associative.test.ts`],
  ['delta_rule_backward', '-beta * scale * d;', 'beta * scale * d;', `${ops}/associative.test.ts`],
  ['delta_rule_backward', 'beta * scale * along', 'beta * along', `${ops}/associative.test.ts`],
  ['delta_rule_backward', 'c] - old)', 'c] + old)', `${ops}/associative.test.ts`],
  ['delta_rule_backward', ', now == 0u)', ', false)', `${ops}/associative.test.ts`],
  ['delta_rule_backward', 'now == 2u)', 'now != 0u)', `${ops}/associative.test.ts`],
  ['delta_rule_forward', 'if (now == 2u)', 'if (now != 0u)', `${ops}/associative.test.ts`],
  [
    'delta_rule_forward',
    'clamp(1.0 - den / squares, 0.0, 1.0)',
    'max(1.0 - den / squares, 0.0)',
    `${ops}/associative.test.ts`,
  ],
  [
    'delta_rule_forward',
    'clamp(1.0 - den / squares, 0.0, 1.0)',
    'min(1.0 - den / squares, 1.0)',
    `${ops}/associative.test.ts`,
  ],
  ['delta_rule_forward', '- scale * found[base + c]', '+ scale * found[base + c]', `${ops}/associative.test.ts`],
  ['delta_rule_forward', 'if (now == 0u)', 'if (false)', `${ops}/associative.test.ts`],
  ['dpfp_backward', '(d_out[at + own] - out[at + own] * along)', 'd_out[at + own]', `${ops}/associative.test.ts`],
  ['dpfp_backward', '(d_out[at + ahead] - out[at + ahead] * along)', 'd_out[at + ahead]', `${ops}/associative.test.ts`],
  ['dpfp_backward', 'sign(x) / norm[index]', '1.0 / norm[index]', `${ops}/associative.test.ts`],
  ['dpfp_backward', '(own + j + 1u)', '(own + j)', `${ops}/associative.test.ts`],
  ['dpfp_backward', 'if (norm[index] > 1e-12)', 'if (true)', `${ops}/associative.test.ts`],
  ['dpfp_forward', '- j - 1u', '- j', `${ops}/associative.test.ts`],
  ['dpfp_forward', 'max(-x, 0.0)', 'max(x, 0.0)', `${ops}/associative.test.ts`],
  ['dpfp_forward', 'squares += f * f', 'squares += f', `${ops}/associative.test.ts`],
  ['dpfp_forward', 'max(sqrt(squares), 1e-12)', 'sqrt(squares)', `${ops}/associative.test.ts`],
  ['dropout', 'dropout_factor(i * 4u + 1u,', 'dropout_factor(i * 4u + 2u,', `${ops}/dropout.test.ts`],
  ['dropout', 'value += residual[i]', 'value -= residual[i]', `${ops}/dropout.test.ts`],
  ['dropout', 'if (ACCUMULATE) { value += out[i]; }', '', `${ops}/dropout.test.ts`],
  ['embedding_backward_memory', '* S + FIRST + m', '* S + m', `${ops}/embedding.test.ts`],
  ['embedding_backward_memory', 'lengths[b] - M + m', 'S - M + m', `${ops}/embedding.test.ts`],
  ['embedding_backward_memory', 'value += d_memory[index]', 'value -= d_memory[index]', `${ops}/embedding.test.ts`],
  [
    'embedding_backward_position',
    'd_position[index] += total',
    'd_position[index] = total',
    `${ops}/embedding.test.ts`,
  ],
  ['embedding_backward_word', 'var i = first; i < end', 'var i = first + 1u; i < end', `${ops}/embedding.test.ts`],
  ['embedding_backward_word', 'SCALE * sum', 'sum', `${ops}/embedding.test.ts`],
  ['embedding_forward', 'SCALE * word', 'word', `${ops}/embedding.test.ts`],
  ['embedding_forward', 'value += token_type[c]', 'value -= token_type[c]', `${ops}/embedding.test.ts`],
  ['embedding_forward', 'value += position', 'value -= position', `${ops}/embedding.test.ts`],
  ['gather_memory_backward', '+= d_out[index]', '= d_out[index]', `${ops}/read-out.test.ts`],
  ['gather_memory_forward', 'b * S + read_position', 'read_position', `${ops}/read-out.test.ts`],
  ['gradient_norm', 'sums[local + half]', 'sums[local]', 'src/engine/adamw.test.ts'],
  ['gradient_norm', '(SHARES + 63u) / 64u', 'SHARES / 64u', 'src/engine/adamw.test.ts'],
  ['layer_norm_backward', '- means.x', '+ means.x', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward', '- normal * means.y', '+ normal * means.y', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward_affine', 'chunk * (D / 2u) + D / 4u + c', 'chunk * (D / 2u) + c', `${ops}/layer-norm.test.ts`],
  ['layer_norm_backward_affine', '(R + CHUNKS - 1u) / CHUNKS', 'R / CHUNKS', `${ops}/layer-norm.test.ts`],
  ['layer_norm_forward', 'let x = inp[base + c] - mean;', 'let x = inp[base + c];', `${ops}/layer-norm.test.ts`],
  ['layer_norm_forward', 'vec2f(mean, rstd)', 'vec2f(mean, variance)', `${ops}/layer-norm.test.ts`],
  ['linear_activation_forward', 'activate(value)', 'value', `${ops}/linear.test.ts`],
  ['linear_activation_forward', '= value;', '= product;', `${ops}/linear.test.ts`],
  ['linear_backward_input', 'value += d_inp[at]', 'value -= d_inp[at]', `${ops}/linear.test.ts`],
  ['linear_backward_input', 'activation_derivative(pre[at])', 'activate(pre[at])', `${ops}/linear.test.ts`],
  ['linear_backward_input', 'B_ACROSS = true', 'B_ACROSS = false', `${ops}/linear.test.ts`],
  ['linear_backward_weight', 'd_bias[vec] += sums', 'd_bias[vec] = sums', `${ops}/linear.test.ts`],
  ['linear_backward_weight', 'row >= N || col >= K / 4u', 'row >= N', `${ops}/linear.test.ts`],
  ['linear_backward_weight', 'SUMS = HAS_BIAS', 'SUMS = true', `${ops}/linear.test.ts`],
  ['linear_forward', 'row >= R || col', 'row + 1u >= R || col', `${ops}/linear.test.ts`],
  [
    'linear_forward',
    'if (HAS_BIAS) { value += bias[col]; }',
    'if (HAS_BIAS) { value -= bias[col]; }',
    `${ops}/linear.test.ts`,
  ],
  ['linear_forward', 'if (HAS_BIAS) { value += bias[col]; }', 'value += bias[col];', `${ops}/linear.test.ts`],
  ['memory_broadcast', 'index % (N / 4u)', 'index / B', `${ops}/read-out.test.ts`],
  ['read_out_backward', 'd_memory[at] = vec4f(0.0);', 'd_memory[at] = d;', `${ops}/read-out.test.ts`],
  ['read_out_backward', 'value += d;', 'value = d;', `${ops}/read-out.test.ts`],
  ['read_out_backward', 's < HEAD + ROWS', 's <= HEAD + ROWS', `${ops}/read-out.test.ts`],
  ['read_out_backward', 'if (started[b] != 0u)', 'if (started[b] == 0u)', `${ops}/read-out.test.ts`],
  ['read_out_forward', 'value += NOISE', 'value -= NOISE', `${ops}/read-out.test.ts`],
  ['read_out_forward', 'if (started[b] == 0u)', 'if (started[b] != 0u)', `${ops}/read-out.test.ts`],
  ['read_out_forward', 'HEAD + r)', 'r)', `${ops}/read-out.test.ts`],
  ['recall_backward', '-along * scale', 'along * scale', `${ops}/associative.test.ts`],
  ['recall_backward', '== 2u', '!= 0u', `${ops}/associative.test.ts`],
  ['recall_forward', '== 2u', '!= 0u', `${ops}/associative.test.ts`],
  ['recall_forward', '.x + 1e-5', '.x', `${ops}/associative.test.ts`],
  ['softmax_cross_entropy', 'f32(c == label)', 'f32(c != label)', `${ops}/cross-entropy.test.ts`],
  ['softmax_cross_entropy', 'exp(logits[base + c] - highest)', 'exp(logits[base + c])', `${ops}/cross-entropy.test.ts`],
  ['softmax_cross_entropy', 'value > highest', 'value >= highest', `${ops}/cross-entropy.test.ts`],
  ['sum_rows', 'r < R', 'r + 1u < R', `${ops}/add.test.ts`],
  ['sum_squares', 'SHARES - 1u) / SHARES', 'SHARES - 2u) / SHARES', 'src/engine/adamw.test.ts'],
  ['tanh_backward', '1.0 - out[i]', '1.0 + out[i]', `${ops}/linear.test.ts`],
  ['lib/activation', '-1.453152027', '1.453152027', `${ops}/linear.test.ts`],
  ['lib/activation', '+ x * 0.398', '- x * 0.398', `${ops}/linear.test.ts`],
  ['lib/activation', '1.0 + 0.134145 * x * x', '1.0', `${ops}/linear.test.ts`],
  ['lib/activation', '(1.0 - t * t)', '(1.0 + t * t)', `${ops}/linear.test.ts`],
  [
    'lib/activation',
    'if (ACTIVATION == 3u) { return max(x, vec4f(0.0)); }',
    'if (ACTIVATION == 3u) { return x; }',
    `${ops}/linear.test.ts`,
  ],
  ['lib/activation', 'x > vec4f(0.0)', 'x >= vec4f(0.0)', `${ops}/linear.test.ts`],
  ['lib/attention', '3u * H + H + h) * DH4', '3u * H + h) * DH4', `${ops}/attention.test.ts`],
  ['lib/attention', 'if (i < M) { return M; }', '', `${ops}/attention.test.ts`],
  ['lib/attention', 'if (i < M) { return M; }', 'if (i <= M) { return M; }', `${ops}/attention.test.ts`],
  ['lib/attention', 'i + M >= length', 'i + M > length', `${ops}/attention.test.ts`],
  ['lib/attention', 'if (AT_END && i', 'if (i', `${ops}/attention.test.ts`],
  ['lib/attention', 'return i + 1u;', 'return i + 2u;', `${ops}/attention.test.ts`],
  ['lib/attention_relative', 'CACHE - cached', '0u', `${ops}/attention-relative.test.ts`],
  [
    'lib/attention_relative',
    'CACHE + i + BELOW - j',
    'CACHE + i + BELOW + 1u - j',
    `${ops}/attention-relative.test.ts`,
  ],
  ['lib/attention_relative', 'b * (S - CACHE) + i', 'b * S + i', `${ops}/attention-relative.test.ts`],
  ['lib/lanes', 'lane_sums[local + half]', 'lane_sums[local]', `${ops}/layer-norm.test.ts`],
  ['lib/memory_slots', 's >= FIRST && s < FIRST + M', 's > FIRST && s < FIRST + M', `${ops}/embedding.test.ts`],
  ['lib/memory_slots', 's >= FIRST && s < FIRST + M', 's >= FIRST && s <= FIRST + M', `${ops}/embedding.test.ts`],
  ['lib/memory_slots', 's + M >= length', 's + M > length', `${ops}/embedding.test.ts`],
  ['lib/memory_slots', 'return s - FIRST;', 'return s;', `${ops}/embedding.test.ts`],
  ['lib/memory_slots', 'return length - M + m;', 'return length - M;', `${ops}/read-out.test.ts`],
  ['lib/memory_slots', 'return FIRST + m;', 'return m;', `${ops}/read-out.test.ts`],
  ['lib/random', 'v.y += v.z * v.x;', 'v.y += v.z;', `${ops}/dropout.test.ts`],
  ['lib/random', 'uniform >= p', 'uniform < p', `${ops}/dropout.test.ts`],
  ['lib/random', 'radius * sin(angle)', 'radius * cos(angle)', `${ops}/read-out.test.ts`],
  ['lib/tile', 't.r7 + b * hi[3]', 't.r7 + b * hi[2]', `${ops}/linear.test.ts`],
  ['lib/product', 'f32(inner < INNER) * ', '', `${ops}/linear.test.ts`],
  ['lib/product_quads', 'quadBroadcast(mine, 3u)', 'quadBroadcast(mine, 2u)', `${ops}/linear.test.ts`],
  ['lib/product_quads', 't33 = multiply(t33, a6, a7, b3)', 't33 = multiply(t33, a6, a7, b2)', `${ops}/linear.test.ts`],
  ['lib/product_quads', 's7 += sums_of(a7)', 's7 += sums_of(a6)', `${ops}/linear.test.ts`],
  ['lib/product_registers', 'a_along(row + 3u, inner4)', 'a_along(row + 2u, inner4)', `${ops}/linear.test.ts`],
  [
    'lib/product_registers',
    'store_sums(row / 4u + 1u, sums_hi)',
    'store_sums(row / 4u, sums_hi)',
    `${ops}/linear.test.ts`,
  ],
  ['lib/product_workgroup', 'f32(k + inner < INNER) * ', '', `${ops}/linear.test.ts`],
  ['lib/product_workgroup', 'a_tile[at + 3u * STRIDE]', 'a_tile[at + 2u * STRIDE]', `${ops}/linear.test.ts`],
  [
    'lib/product_workgroup',
    'b_tile[at + 3u * (TILE_COLS / 4u)] = Stored4(b[3])',
    'b_tile[at + 3u * (TILE_COLS / 4u)] = b[2]',
    `${ops}/linear.test.ts`,
  ],
  ['attention_forward_quads', 'scale_rows(o[c], shrink_lo, shrink_hi)', 'o[c]', `${ops}/attention.test.ts`],
  ['attention_forward_quads', 'sum_hi += quadSwapY(sum_hi)', 'sum_hi += quadSwapX(sum_hi)', `${ops}/attention.test.ts`],
  [
    'attention_forward_quads',
    'step * COLUMNS_A_STEP >= last',
    'step * COLUMNS_A_STEP + 16u >= last',
    `${ops}/attention.test.ts`,
  ],
  ['attention_backward_query_quads', 'd_s[r] - stats[r].y', 'd_s[r] + stats[r].y', `${ops}/attention.test.ts`],
  [
    'attention_backward_query_quads',
    'row + 4u + lane] = own.y',
    'row + 4u + lane] = own.x',
    `${ops}/attention.test.ts`,
  ],
  ['attention_backward_key_value_quads', 'keep * d_s[r] - own', 'keep * d_s[r] + own', `${ops}/attention.test.ts`],
  ['attention_backward_key_value_quads', 'min(ends, vec4u(length))', 'ends', `${ops}/attention.test.ts`],
  ['attention_backward_key_value_quads', 'p[r] = weight * keep', 'p[r] = weight', `${ops}/attention.test.ts`],
  ['lib/attention_quads', 'quadBroadcast(t.r7, 3u)', 'quadBroadcast(t.r7, 2u)', `${ops}/attention.test.ts`],
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
  const names = process.argv.slice(2);
  const chosen = mutants.filter(([name]) => names.length === 0 || names.some((part) => name.includes(part)));
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
