// attention_backward_query_quads: d_q[i] = SCALE · Σ_j dS[i,j] · k[j];  dS = P ∘ (dP - delta),  dP[i,j] = d_out[i]·v[j],  delta[i] = d_out[i]·out[i]
// Layout    lib/attention_quads: 8 queries per quad, 16 keys per step
// Shapes    qkv, d_qkv (B,S,3·H·DH) · out, d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32
// Writes    the query part of d_qkv (=), and delta for attention_backward_key_value_quads
// Numerics  f32, fixed order. Dropped weights are redrawn from (element, STREAM, counter)
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const P_DROP: f32 = 0.0;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> counter: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> delta: array<f32>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

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
  let row_lo = min(row + lane, sizes.S - 1u);
  let row_hi = min(row + 4u + lane, sizes.S - 1u);
  var own = vec2f(0.0);
  for (var d = 0u; d < DH4; d++) {
    own += vec2f(
      dot(d_out[out_at(b, row_lo, h) + d], out[out_at(b, row_lo, h) + d]),
      dot(d_out[out_at(b, row_hi, h) + d], out[out_at(b, row_hi, h) + d]));
  }
  var stats: array<vec2f, 8>;
  var ends: array<u32, 8>;
  let mine_lo = vec2f(lse[(b * sizes.H + h) * sizes.S + row_lo], own.x);
  let mine_hi = vec2f(lse[(b * sizes.H + h) * sizes.S + row_hi], own.y);
  stats[0] = quadBroadcast(mine_lo, 0u);
  stats[1] = quadBroadcast(mine_lo, 1u);
  stats[2] = quadBroadcast(mine_lo, 2u);
  stats[3] = quadBroadcast(mine_lo, 3u);
  stats[4] = quadBroadcast(mine_hi, 0u);
  stats[5] = quadBroadcast(mine_hi, 1u);
  stats[6] = quadBroadcast(mine_hi, 2u);
  stats[7] = quadBroadcast(mine_hi, 3u);
  for (var r = 0u; r < 8u; r++) { ends[r] = key_end(length, min(row + r, sizes.S - 1u)); }
  var d_q: array<Tile, CHANNEL_BLOCKS>;
  for (var step = 0u; step < (sizes.S + COLUMNS_A_STEP - 1u) / COLUMNS_A_STEP; step++) {
    if (step * COLUMNS_A_STEP >= last) { break; }
    let j = step * COLUMNS_A_STEP + lane * 4u;
    // Initialised explicitly: SwiftShader does not clear a structure declared in a loop on later iterations.
    var s = Tile();
    var d_p = Tile();
    for (var d = 0u; d < DH4; d++) {
      s = multiply(
        s, gather(qkv[q_at(b, row_lo, h) + d]), gather(qkv[q_at(b, row_hi, h) + d]), transpose(keys_at(b, j, h, d)));
      d_p = multiply(
        d_p, gather(d_out[out_at(b, row_lo, h) + d]), gather(d_out[out_at(b, row_hi, h) + d]),
        transpose(values_at(b, j, h, d)));
    }
    var scores = array<vec4f, 8>(s.r0, s.r1, s.r2, s.r3, s.r4, s.r5, s.r6, s.r7);
    var d_s = array<vec4f, 8>(d_p.r0, d_p.r1, d_p.r2, d_p.r3, d_p.r4, d_p.r5, d_p.r6, d_p.r7);
    for (var r = 0u; r < 8u; r++) {
      if (P_DROP > 0.0) {
        let at = ((b * sizes.H + h) * sizes.S + row + r) * sizes.S + j;
        d_s[r] *= vec4f(
          dropout_factor(at, sizes.STREAM, seed, P_DROP), dropout_factor(at + 1u, sizes.STREAM, seed, P_DROP),
          dropout_factor(at + 2u, sizes.STREAM, seed, P_DROP), dropout_factor(at + 3u, sizes.STREAM, seed, P_DROP));
      }
      let value = exp(scores[r] * SCALE - stats[r].x) * (d_s[r] - stats[r].y) * SCALE;
      d_s[r] = select(vec4f(0.0), value, vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(ends[r]));
    }
    let weights = spread(Tile(d_s[0], d_s[1], d_s[2], d_s[3], d_s[4], d_s[5], d_s[6], d_s[7]));
    let start = step * COLUMNS_A_STEP;
    for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
      let d = min(c * 4u + lane, DH4 - 1u);
      d_q[c] = accumulate(
        d_q[c], weights, keys_at(b, start, h, d), keys_at(b, start + 4u, h, d), keys_at(b, start + 8u, h, d),
        keys_at(b, start + 12u, h, d));
    }
  }
  for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
    let d = c * 4u + lane;
    for (var r = 0u; r < 8u; r++) {
      if (row + r < sizes.S && d < DH4) { d_qkv[q_at(b, row + r, h) + d] = row_of(d_q[c], r); }
    }
  }
  if (row + lane < sizes.S) { delta[(b * sizes.H + h) * sizes.S + row + lane] = own.x; }
  if (row + 4u + lane < sizes.S) { delta[(b * sizes.H + h) * sizes.S + row + 4u + lane] = own.y; }
}
