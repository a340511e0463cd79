// attention_backward_key_value: d_k[j] = SCALE · Σ_i dS[i,j] · q[i];  d_v[j] = Σ_i P[i,j] · d_out[i];  dS = P ∘ (dP - delta)
// Layout    one invocation per key and head, looping over the queries that see it; padding keys get 0
// Shapes    qkv, d_qkv (B,S,3·H·DH) · d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32
// Writes    the key and value parts of d_qkv (=)
// Numerics  f32, queries in order: deterministic, no atomics. Dropped weights are redrawn from (element, STREAM, counter)
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const P_DROP: f32 = 0.0;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> counter: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.S) { return; }
  let j = index % sizes.S;
  let h = (index / sizes.S) % sizes.H;
  let b = index / (sizes.S * sizes.H);
  let seed = vec2u(counter[0], counter[1]);
  var k: array<vec4f, DH4>;
  var v: array<vec4f, DH4>;
  var d_k: array<vec4f, DH4>;
  var d_v: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    k[d] = qkv[k_at(b, j, h) + d] * SCALE;
    v[d] = qkv[v_at(b, j, h) + d];
    d_k[d] = vec4f(0.0);
    d_v[d] = vec4f(0.0);
  }
  let length = lengths[b];
  if (j < length) {
    for (var i = 0u; i < sizes.S; i++) {
      if (j >= key_end(length, i)) { continue; }
      let query = (b * sizes.H + h) * sizes.S + i;
      var s = 0.0;
      var d_p = 0.0;
      for (var d = 0u; d < DH4; d++) {
        s += dot(k[d], qkv[q_at(b, i, h) + d]);
        d_p += dot(v[d], d_out[out_at(b, i, h) + d]);
      }
      let p = exp(s - lse[query]);
      var keep = 1.0;
      if (P_DROP > 0.0) { keep = dropout_factor(query * sizes.S + j, sizes.STREAM, seed, P_DROP); }
      let d_s = p * (keep * d_p - delta[query]) * SCALE;
      for (var d = 0u; d < DH4; d++) {
        d_k[d] += d_s * qkv[q_at(b, i, h) + d];
        d_v[d] += (p * keep) * d_out[out_at(b, i, h) + d];
      }
    }
  }
  for (var d = 0u; d < DH4; d++) {
    d_qkv[k_at(b, j, h) + d] = d_k[d];
    d_qkv[v_at(b, j, h) + d] = d_v[d];
  }
}
