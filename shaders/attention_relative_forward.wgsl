// attention_relative_forward: out[b,i,h] = Σ_j P[i,j] · v[j],  P = softmax_j(SCALE · ((q[i]+u)·k[j] + (q[i]+v)·r[i-j]))
// Layout    one invocation per query and head, no barriers; S counts keys: the CACHE entries of the cache, then the segment's
// Shapes    qkv (B,S,3·H·DH) · r (DISTANCES,H·DH) · biases (2,H·DH) · extents (B,2) u32 · out (B,S-CACHE,H·DH) · lse (B,H,S-CACHE)
// Caches    lse, for the backward kernels and attention_relative_weights
// Numerics  running maximum, so exp never overflows
// Source    Dai et al. 2019, arXiv:1901.02860, section 3.3; block mask and SHIFT: Bulatov et al. 2022, arXiv:2207.06881, and its code
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let queries = sizes.S - sizes.CACHE;
  if (index >= sizes.B * sizes.H * queries) { return; }
  let i = index % queries;
  let h = (index / queries) % sizes.H;
  let b = index / (queries * sizes.H);
  let extent = extents[b];
  let end = sizes.CACHE + key_end(extent.x, i);
  var q_u: array<vec4f, DH4>;
  var q_v: array<vec4f, DH4>;
  var o: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    let q = qkv[q_at(b, sizes.CACHE + i, h) + d];
    q_u[d] = (q + biases[h * DH4 + d]) * SCALE;
    q_v[d] = (q + biases[(sizes.H + h) * DH4 + d]) * SCALE;
    o[d] = vec4f(0.0);
  }
  var highest = MASKED;
  var sum = 0.0;
  for (var j = 0u; j < sizes.S; j++) {
    if (j >= end) { break; }
    if (j < key_start(extent.y)) { continue; }
    var s = 0.0;
    let shifted = SHIFT && ahead(i, j) > 0u;
    for (var d = 0u; d < DH4; d++) {
      s += dot(q_u[d], qkv[k_at(b, j, h) + d]);
      if (shifted) { s += SCALE * position_part(extent, b, i, j, h, d); } else { s += dot(q_v[d], r[r_at(extent, i, j, h) + d]); }
    }
    let next = max(s, highest);
    let shrink = exp(highest - next);
    let p = exp(s - next);
    highest = next;
    sum = sum * shrink + p;
    for (var d = 0u; d < DH4; d++) { o[d] = o[d] * shrink + p * qkv[v_at(b, j, h) + d]; }
  }
  for (var d = 0u; d < DH4; d++) { out[row_at(b, i, h) + d] = o[d] / sum; }
  lse[index] = highest + log(sum);
}
