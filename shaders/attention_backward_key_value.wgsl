// attention_backward_key_value: d_k[j] = SCALE · Σ_i dS[i,j] · q[i];  d_v[j] = Σ_i P[i,j] · d_out[i];  dS = P ∘ (dP - delta)
// Layout    SPLITS invocations (lib/splits, or one) per KEYS keys of a head, looping over the queries that see any of them; padding keys get 0
// Shapes    qkv, d_qkv (B,S,3·H·DH) · d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32
// Writes    the key and value parts of d_qkv (=)
// Numerics  f32, queries in order; KEYS changes no bit of a key: deterministic, no atomics. Dropped weights are redrawn from (element, STREAM, counter)
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const P_DROP: f32 = 0.0;
// Keys of an invocation, which share its loads of queries and gradients.
const KEYS: u32 = 1u;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> counter: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row_index = (wg.x + wg.y * groups.x) * GROUP_ROWS + local % GROUP_ROWS;
  let split = split_of(local);
  let blocks = (sizes.S + KEYS - 1u) / KEYS;
  let rows = sizes.B * sizes.H * blocks;
  if (has_no_row(row_index, rows)) { return; }
  let index = min(row_index, rows - 1u);
  let first = (index % blocks) * KEYS;
  let h = (index / blocks) % sizes.H;
  let b = index / (blocks * sizes.H);
  let seed = vec2u(counter[0], counter[1]);
  var k: array<vec4f, KEYS * DH4>;
  var v: array<vec4f, KEYS * DH4>;
  var d_k: array<vec4f, KEYS * DH4>;
  var d_v: array<vec4f, KEYS * DH4>;
  for (var r = 0u; r < KEYS; r++) {
    let j = min(first + r, sizes.S - 1u);
    for (var d = 0u; d < DH4; d++) {
      k[r * DH4 + d] = qkv[k_at(b, j, h) + d] * SCALE;
      v[r * DH4 + d] = qkv[v_at(b, j, h) + d];
      d_k[r * DH4 + d] = vec4f(0.0);
      d_v[r * DH4 + d] = vec4f(0.0);
    }
  }
  let length = lengths[b];
  if (first < length) {
    for (var step = 0u; step < (sizes.S + SPLITS - 1u) / SPLITS; step++) {
      let i = step * SPLITS + split;
      if (i >= sizes.S) { break; }
      let end = min(key_end(length, i), length);
      if (first >= end) { continue; }
      let query = (b * sizes.H + h) * sizes.S + i;
      var s: array<f32, KEYS>;
      var d_p: array<f32, KEYS>;
      for (var r = 0u; r < KEYS; r++) {
        s[r] = 0.0;
        d_p[r] = 0.0;
      }
      for (var d = 0u; d < DH4; d++) {
        let q = qkv[q_at(b, i, h) + d];
        let d_o = d_out[out_at(b, i, h) + d];
        for (var r = 0u; r < KEYS; r++) {
          s[r] += dot(k[r * DH4 + d], q);
          d_p[r] += dot(v[r * DH4 + d], d_o);
        }
      }
      for (var r = 0u; r < KEYS; r++) {
        // A key that this query does not see keeps its sums.
        let p = select(0.0, exp(s[r] - lse[query]), first + r < end);
        var keep = 1.0;
        if (P_DROP > 0.0) { keep = dropout_factor(query * sizes.S + first + r, sizes.STREAM, seed, P_DROP); }
        s[r] = p * (keep * d_p[r] - delta[query]) * SCALE;
        d_p[r] = p * keep;
      }
      for (var d = 0u; d < DH4; d++) {
        let q = qkv[q_at(b, i, h) + d];
        let d_o = d_out[out_at(b, i, h) + d];
        for (var r = 0u; r < KEYS; r++) {
          d_k[r * DH4 + d] += s[r] * q;
          d_v[r * DH4 + d] += d_p[r] * d_o;
        }
      }
    }
  }
  for (var r = 0u; r < KEYS; r++) {
    let j = first + r;
    if (SPLITS > 1u) {
      for (var d = 0u; d < DH4; d++) {
        d_k[r * DH4 + d] = sum_over_splits(local, d_k[r * DH4 + d]);
        d_v[r * DH4 + d] = sum_over_splits(local, d_v[r * DH4 + d]);
      }
    }
    if (split == 0u && row_index < rows && j < sizes.S) {
      for (var d = 0u; d < DH4; d++) {
        d_qkv[k_at(b, j, h) + d] = d_k[r * DH4 + d];
        d_qkv[v_at(b, j, h) + d] = d_v[r * DH4 + d];
      }
    }
  }
}
