// attention_backward_query: d_q[i] = SCALE · Σ_j dS[i,j] · k[j];  dS = P ∘ (dP - delta),  dP[i,j] = d_out[i]·v[j],  delta[i] = d_out[i]·out[i]
// Layout    one invocation per query and head; P is recomputed as exp(SCALE · q·k - lse)
// Shapes    qkv (B,S,3·H·DH) · out, d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32 · d_qkv (B,S,3·H·DH)
// Writes    the query part of d_qkv (=), and delta for attention_backward_key_value
// Numerics  f32, keys in order. Dropped weights are redrawn from (element, STREAM, counter)
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.S) { return; }
  let i = index % sizes.S;
  let h = (index / sizes.S) % sizes.H;
  let b = index / (sizes.S * sizes.H);
  let end = key_end(lengths[b], i);
  let seed = vec2u(counter[0], counter[1]);
  let log_sum = lse[index];
  var q: array<vec4f, DH4>;
  var d_o: array<vec4f, DH4>;
  var d_q: array<vec4f, DH4>;
  var own = 0.0;
  for (var d = 0u; d < DH4; d++) {
    q[d] = qkv[q_at(b, i, h) + d] * SCALE;
    d_o[d] = d_out[out_at(b, i, h) + d];
    d_q[d] = vec4f(0.0);
    own += dot(d_o[d], out[out_at(b, i, h) + d]);
  }
  for (var j = 0u; j < sizes.S; j++) {
    if (j >= end) { break; }
    var s = 0.0;
    var d_p = 0.0;
    for (var d = 0u; d < DH4; d++) {
      s += dot(q[d], qkv[k_at(b, j, h) + d]);
      d_p += dot(d_o[d], qkv[v_at(b, j, h) + d]);
    }
    if (P_DROP > 0.0) { d_p *= dropout_factor(index * sizes.S + j, sizes.STREAM, seed, P_DROP); }
    let d_s = exp(s - log_sum) * (d_p - own) * SCALE;
    for (var d = 0u; d < DH4; d++) { d_q[d] += d_s * qkv[k_at(b, j, h) + d]; }
  }
  for (var d = 0u; d < DH4; d++) { d_qkv[q_at(b, i, h) + d] = d_q[d]; }
  delta[index] = own;
}
