// attention_forward: out[b,i,h] = Σ_j P[i,j] · v[b,j,h],  P = softmax_j(SCALE · q[b,i,h]·k[b,j,h]),  j < key_end
// Layout    one invocation per query and head, no barriers; keys in blocks of four, S×S is never stored
// Shapes    qkv (B,S,3·H·DH) · lengths (B) u32 · counter (4) u32 · out (B,S,H·DH) · lse (B,H,S); DH a multiple of 4
// Caches    lse[b,h,i] = ln Σ_j exp(SCALE · q·k), for the backward kernels and attention_weights
// Numerics  running maximum. With P_DROP > 0 the weights are dropped after the softmax, as in BERT
// Source    Dao et al. 2022, arXiv:2205.14135 (the running maximum); segment-local as in arXiv:2304.11062;
//           the block mask as in Bulatov et al. 2022, arXiv:2207.06881
const P_DROP: f32 = 0.0;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> counter: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.S) { return; }
  let i = index % sizes.S;
  let h = (index / sizes.S) % sizes.H;
  let b = index / (sizes.S * sizes.H);
  let end = key_end(lengths[b], i);
  let seed = vec2u(counter[0], counter[1]);
  var q: array<vec4f, DH4>;
  var o: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    q[d] = qkv[q_at(b, i, h) + d] * SCALE;
    o[d] = vec4f(0.0);
  }
  var highest = MASKED;
  var sum = 0.0;
  for (var block = 0u; block < (sizes.S + 3u) / 4u; block++) {
    let j = block * 4u;
    if (j >= end) { break; }
    let j1 = min(j + 1u, sizes.S - 1u);
    let j2 = min(j + 2u, sizes.S - 1u);
    let j3 = min(j + 3u, sizes.S - 1u);
    var s = vec4f(0.0);
    for (var d = 0u; d < DH4; d++) {
      s += vec4f(
        dot(q[d], qkv[k_at(b, j, h) + d]), dot(q[d], qkv[k_at(b, j1, h) + d]),
        dot(q[d], qkv[k_at(b, j2, h) + d]), dot(q[d], qkv[k_at(b, j3, h) + d]));
    }
    s = select(vec4f(MASKED), s, vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(end));
    let next = max(max(max(s.x, s.y), max(s.z, s.w)), highest);
    let shrink = exp(highest - next);
    var p = exp(s - next);
    highest = next;
    sum = sum * shrink + dot(p, vec4f(1.0));
    if (P_DROP > 0.0) {
      let at = index * sizes.S + j;
      p *= vec4f(
        dropout_factor(at, sizes.STREAM, seed, P_DROP), dropout_factor(at + 1u, sizes.STREAM, seed, P_DROP),
        dropout_factor(at + 2u, sizes.STREAM, seed, P_DROP), dropout_factor(at + 3u, sizes.STREAM, seed, P_DROP));
    }
    for (var d = 0u; d < DH4; d++) {
      o[d] = o[d] * shrink + p.x * qkv[v_at(b, j, h) + d] + p.y * qkv[v_at(b, j1, h) + d]
        + p.z * qkv[v_at(b, j2, h) + d] + p.w * qkv[v_at(b, j3, h) + d];
    }
  }
  for (var d = 0u; d < DH4; d++) { out[out_at(b, i, h) + d] = o[d] / sum; }
  lse[index] = highest + log(sum);
}
