// attention_relative_backward_distance: d_r[t] = SCALE · Σ_b Σ_i dS[b,i,j] · (q[b,i]+v),  i - j = t - BELOW
// Layout    one invocation per distance and head, looping over the batch and the queries
// Shapes    as attention_relative_backward_query · d_r (DISTANCES,H·DH) (=)
// Numerics  f32, rows and queries in order: deterministic, no atomics
// Source    Dao 2023, arXiv:2307.08691, algorithm 2, applied to the distance term of Dai et al. 2019, arXiv:1901.02860
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32, DISTANCES: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> d_r: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

// The gradient of the score of query i and key j, in row b and head h.
fn score_gradient(extent: vec2u, b: u32, i: u32, j: u32, h: u32) -> f32 {
  var s = 0.0;
  var d_p = 0.0;
  for (var d = 0u; d < DH4; d++) {
    s += dot(qkv[q_at(b, sizes.CACHE + i, h) + d] + biases[h * DH4 + d], qkv[k_at(b, j, h) + d]) + position_part(extent, b, i, j, h, d);
    d_p += dot(d_out[row_at(b, i, h) + d], qkv[v_at(b, j, h) + d]);
  }
  let stat = stats[(b * sizes.H + h) * (sizes.S - sizes.CACHE) + i];
  return exp(s * SCALE - stat.x) * (d_p - stat.y) * SCALE;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.DISTANCES * sizes.H) { return; }
  let h = index % sizes.H;
  let t = index / sizes.H;
  var sum: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) { sum[d] = vec4f(0.0); }
  for (var b = 0u; b < sizes.B; b++) {
    let extent = extents[b];
    let keys = extent.x + extent.y;
    for (var i = 0u; i < sizes.S - sizes.CACHE; i++) {
      // Row t of r holds distance t - BELOW; with SHIFT, keys + 1 - t ahead has it too.
      for (var side = 0u; side < select(1u, 2u, SHIFT); side++) {
        let top = sizes.CACHE + i + select(sizes.BELOW, keys + 1u, side == 1u);
        if (t > top || (side == 1u && t >= keys)) { continue; }
        let j = top - t;
        if (j < key_start(extent.y) || j >= sizes.CACHE + key_end(extent.x, i)) { continue; }
        let d_s = score_gradient(extent, b, i, j, h);
        let query = q_at(b, sizes.CACHE + position_query(i, j), h);
        for (var d = 0u; d < DH4; d++) { sum[d] += d_s * (qkv[query + d] + biases[(sizes.H + h) * DH4 + d]); }
      }
    }
  }
  for (var d = 0u; d < DH4; d++) { d_r[index * DH4 + d] = sum[d]; }
}
