// attention_forward_quads: out[b,i,h] = Σ_j P[i,j] · v[b,j,h],  P = softmax_j(SCALE · q[b,i,h]·k[b,j,h]),  j < key_end
// Layout    lib/attention_quads: 8 queries per quad, 16 keys per step; attention_forward takes one query at a time
// Shapes    qkv (B,S,3·H·DH) · lengths (B) u32 · counter (4) u32 · out (B,S,H·DH) · lse (B,H,S); DH a multiple of 4
// Caches    lse[b,h,i] = ln Σ_j exp(SCALE · q·k), for the backward kernels and attention_weights
// Numerics  running maximum; each invocation sums its own keys, and the four sums are added at the end
// Source    Dao et al. 2022, arXiv:2205.14135 (the running maximum)
const P_DROP: f32 = 0.0;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> counter: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn highest_of(s: vec4f) -> f32 { return max(max(s.x, s.y), max(s.z, s.w)); }
fn masked(s: vec4f, j: u32, end: u32) -> vec4f {
  return select(vec4f(MASKED), s * SCALE, vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(end));
}

@compute @workgroup_size(4u * QUADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = wg.x + wg.y * groups.x;
  if (group >= group_count()) { return; }
  let place = place_of(group);
  let b = place.b;
  let h = place.h;
  let length = lengths[b];
  let last = group_end(length, place.first);
  let seed = vec2u(counter[0], counter[1]);
  let lane = local % 4u;
  let row = place.first + (local / 4u) * ROWS_A_QUAD;
  let mine_lo = q_at(b, min(row + lane, sizes.S - 1u), h);
  let mine_hi = q_at(b, min(row + 4u + lane, sizes.S - 1u), h);
  var ends: array<u32, 8>;
  for (var r = 0u; r < 8u; r++) { ends[r] = key_end(length, min(row + r, sizes.S - 1u)); }
  var o: array<Tile, CHANNEL_BLOCKS>;
  var highest_lo = vec4f(MASKED);
  var highest_hi = vec4f(MASKED);
  var sum_lo = vec4f(0.0);
  var sum_hi = vec4f(0.0);
  for (var step = 0u; step < (sizes.S + COLUMNS_A_STEP - 1u) / COLUMNS_A_STEP; step++) {
    if (step * COLUMNS_A_STEP >= last) { break; }
    let j = step * COLUMNS_A_STEP + lane * 4u;
    // Initialised explicitly: SwiftShader does not clear a structure declared in a loop on later iterations.
    var s = Tile();
    for (var d = 0u; d < DH4; d++) {
      s = multiply(s, gather(qkv[mine_lo + d]), gather(qkv[mine_hi + d]), transpose(keys_at(b, j, h, d)));
    }
    s = Tile(
      masked(s.r0, j, ends[0]), masked(s.r1, j, ends[1]), masked(s.r2, j, ends[2]), masked(s.r3, j, ends[3]),
      masked(s.r4, j, ends[4]), masked(s.r5, j, ends[5]), masked(s.r6, j, ends[6]), masked(s.r7, j, ends[7]));
    var next_lo = vec4f(highest_of(s.r0), highest_of(s.r1), highest_of(s.r2), highest_of(s.r3));
    var next_hi = vec4f(highest_of(s.r4), highest_of(s.r5), highest_of(s.r6), highest_of(s.r7));
    next_lo = max(next_lo, quadSwapX(next_lo));
    next_hi = max(next_hi, quadSwapX(next_hi));
    next_lo = max(highest_lo, max(next_lo, quadSwapY(next_lo)));
    next_hi = max(highest_hi, max(next_hi, quadSwapY(next_hi)));
    let shrink_lo = exp(highest_lo - next_lo);
    let shrink_hi = exp(highest_hi - next_hi);
    highest_lo = next_lo;
    highest_hi = next_hi;
    var p = Tile(
      exp(s.r0 - next_lo.x), exp(s.r1 - next_lo.y), exp(s.r2 - next_lo.z), exp(s.r3 - next_lo.w),
      exp(s.r4 - next_hi.x), exp(s.r5 - next_hi.y), exp(s.r6 - next_hi.z), exp(s.r7 - next_hi.w));
    let one = vec4f(1.0);
    sum_lo = sum_lo * shrink_lo + vec4f(dot(p.r0, one), dot(p.r1, one), dot(p.r2, one), dot(p.r3, one));
    sum_hi = sum_hi * shrink_hi + vec4f(dot(p.r4, one), dot(p.r5, one), dot(p.r6, one), dot(p.r7, one));
    if (P_DROP > 0.0) {
      var rows = array<vec4f, 8>(p.r0, p.r1, p.r2, p.r3, p.r4, p.r5, p.r6, p.r7);
      for (var r = 0u; r < 8u; r++) {
        let at = ((b * sizes.H + h) * sizes.S + row + r) * sizes.S + j;
        rows[r] *= vec4f(
          dropout_factor(at, sizes.STREAM, seed, P_DROP), dropout_factor(at + 1u, sizes.STREAM, seed, P_DROP),
          dropout_factor(at + 2u, sizes.STREAM, seed, P_DROP), dropout_factor(at + 3u, sizes.STREAM, seed, P_DROP));
      }
      p = Tile(rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]);
    }
    let weights = spread(p);
    let start = step * COLUMNS_A_STEP;
    for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
      let d = min(c * 4u + lane, DH4 - 1u);
      o[c] = accumulate(
        scale_rows(o[c], shrink_lo, shrink_hi), weights, values_at(b, start, h, d), values_at(b, start + 4u, h, d),
        values_at(b, start + 8u, h, d), values_at(b, start + 12u, h, d));
    }
  }
  sum_lo += quadSwapX(sum_lo);
  sum_hi += quadSwapX(sum_hi);
  sum_lo += quadSwapY(sum_lo);
  sum_hi += quadSwapY(sum_hi);
  for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
    let d = c * 4u + lane;
    let scaled = scale_rows(o[c], 1.0 / sum_lo, 1.0 / sum_hi);
    for (var r = 0u; r < 8u; r++) {
      if (row + r < sizes.S && d < DH4) { out[out_at(b, row + r, h) + d] = row_of(scaled, r); }
    }
  }
  let lse_lo = highest_lo + log(sum_lo);
  let lse_hi = highest_hi + log(sum_hi);
  if (row + lane < sizes.S) { lse[(b * sizes.H + h) * sizes.S + row + lane] = lse_lo[lane]; }
  if (row + 4u + lane < sizes.S) { lse[(b * sizes.H + h) * sizes.S + row + 4u + lane] = lse_hi[lane]; }
}
