// attention_backward_query: d_q[i] = SCALE · Σ_j dS[i,j] · k[j];  dS = P ∘ (dP - delta),  dP[i,j] = d_out[i]·v[j],  delta[i] = d_out[i]·out[i]
// Layout    SPLITS invocations (lib/splits, or one) per QUERIES queries of a head, which share their loads; P is recomputed as exp(SCALE · q·k - lse)
// Shapes    qkv (B,S,3·H·DH) · out, d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32 · d_qkv (B,S,3·H·DH)
// Writes    the query part of d_qkv (=), and delta for attention_backward_key_value
// Numerics  f32, keys in order; QUERIES changes no bit of a query. Dropped weights are redrawn from (element, STREAM, counter)
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const P_DROP: f32 = 0.0;
const QUERIES: u32 = 1u;
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

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row_index = (wg.x + wg.y * groups.x) * GROUP_ROWS + local % GROUP_ROWS;
  let split = split_of(local);
  let blocks = (sizes.S + QUERIES - 1u) / QUERIES;
  let rows = sizes.B * sizes.H * blocks;
  if (has_no_row(row_index, rows)) { return; }
  let index = min(row_index, rows - 1u);
  let first = (index % blocks) * QUERIES;
  let h = (index / blocks) % sizes.H;
  let b = index / (blocks * sizes.H);
  let row = (b * sizes.H + h) * sizes.S;
  let seed = vec2u(counter[0], counter[1]);
  var end = 0u;
  var ends: array<u32, QUERIES>;
  var log_sum: array<f32, QUERIES>;
  var own: array<f32, QUERIES>;
  var q: array<vec4f, QUERIES * DH4>;
  var d_o: array<vec4f, QUERIES * DH4>;
  var d_q: array<vec4f, QUERIES * DH4>;
  for (var r = 0u; r < QUERIES; r++) {
    let i = min(first + r, sizes.S - 1u);
    ends[r] = key_end(lengths[b], i);
    end = max(end, ends[r]);
    log_sum[r] = lse[row + i];
    own[r] = 0.0;
    for (var d = 0u; d < DH4; d++) {
      q[r * DH4 + d] = qkv[q_at(b, i, h) + d] * SCALE;
      d_o[r * DH4 + d] = d_out[out_at(b, i, h) + d];
      d_q[r * DH4 + d] = vec4f(0.0);
      own[r] += dot(d_o[r * DH4 + d], out[out_at(b, i, h) + d]);
    }
  }
  for (var step = 0u; step < (sizes.S + SPLITS - 1u) / SPLITS; step++) {
    let j = step * SPLITS + split;
    if (j >= end) { break; }
    var s: array<f32, QUERIES>;
    var d_p: array<f32, QUERIES>;
    for (var r = 0u; r < QUERIES; r++) {
      s[r] = 0.0;
      d_p[r] = 0.0;
    }
    for (var d = 0u; d < DH4; d++) {
      let k = qkv[k_at(b, j, h) + d];
      let v = qkv[v_at(b, j, h) + d];
      for (var r = 0u; r < QUERIES; r++) {
        s[r] += dot(q[r * DH4 + d], k);
        d_p[r] += dot(d_o[r * DH4 + d], v);
      }
    }
    for (var r = 0u; r < QUERIES; r++) {
      if (P_DROP > 0.0) { d_p[r] *= dropout_factor((row + first + r) * sizes.S + j, sizes.STREAM, seed, P_DROP); }
      // A query that does not see this key keeps its sums.
      s[r] = select(0.0, exp(s[r] - log_sum[r]) * (d_p[r] - own[r]) * SCALE, j < ends[r]);
    }
    for (var d = 0u; d < DH4; d++) {
      let k = qkv[k_at(b, j, h) + d];
      for (var r = 0u; r < QUERIES; r++) { d_q[r * DH4 + d] += s[r] * k; }
    }
  }
  for (var r = 0u; r < QUERIES; r++) {
    let i = first + r;
    if (SPLITS > 1u) {
      for (var d = 0u; d < DH4; d++) { d_q[r * DH4 + d] = sum_over_splits(local, d_q[r * DH4 + d]); }
    }
    if (split == 0u && row_index < rows && i < sizes.S) {
      for (var d = 0u; d < DH4; d++) { d_qkv[q_at(b, i, h) + d] = d_q[r * DH4 + d]; }
      delta[row + i] = own[r];
    }
  }
}
