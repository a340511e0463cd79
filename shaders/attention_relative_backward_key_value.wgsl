// attention_relative_backward_key_value: d_k[j] = SCALE · Σ_i dS[i,j] · (q[i]+u);  d_v[j] = Σ_i P[i,j] · d_out[i]
// Layout    one invocation per key (the cache's too) and head, looping over the queries that see it; other keys get 0
// Shapes    as attention_relative_backward_query
// Writes    the key and value parts of d_qkv (=)
// Numerics  f32, queries in order: deterministic, no atomics
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.S) { return; }
  let j = index % sizes.S;
  let h = (index / sizes.S) % sizes.H;
  let b = index / (sizes.S * sizes.H);
  let extent = extents[b];
  var k: array<vec4f, DH4>;
  var v: array<vec4f, DH4>;
  var d_k: array<vec4f, DH4>;
  var d_v: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    k[d] = qkv[k_at(b, j, h) + d];
    v[d] = qkv[v_at(b, j, h) + d];
    d_k[d] = vec4f(0.0);
    d_v[d] = vec4f(0.0);
  }
  if (j >= key_start(extent.y) && j < sizes.CACHE + extent.x) {
    for (var i = 0u; i < sizes.S - sizes.CACHE; i++) {
      if (j >= sizes.CACHE + key_end(extent.x, i)) { continue; }
      var s = 0.0;
      var d_p = 0.0;
      for (var d = 0u; d < DH4; d++) {
        let q = qkv[q_at(b, sizes.CACHE + i, h) + d];
        s += dot(q + biases[h * DH4 + d], k[d]) + position_part(extent, b, i, j, h, d);
        d_p += dot(v[d], d_out[row_at(b, i, h) + d]);
      }
      let stat = stats[(b * sizes.H + h) * (sizes.S - sizes.CACHE) + i];
      let p = exp(s * SCALE - stat.x);
      let d_s = p * (d_p - stat.y) * SCALE;
      for (var d = 0u; d < DH4; d++) {
        d_k[d] += d_s * (qkv[q_at(b, sizes.CACHE + i, h) + d] + biases[h * DH4 + d]);
        d_v[d] += p * d_out[row_at(b, i, h) + d];
      }
    }
  }
  for (var d = 0u; d < DH4; d++) {
    d_qkv[k_at(b, j, h) + d] = d_k[d];
    d_qkv[v_at(b, j, h) + d] = d_v[d];
  }
}
