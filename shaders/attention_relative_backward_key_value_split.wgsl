// attention_relative_backward_key_value_split: d_k[j] = SCALE · Σ_i dS[i,j] · (q[i]+u);  d_v[j] = Σ_i P[i,j] · d_out[i]
// Layout    a workgroup has GROUP_ROWS keys (the cache's too) of a head × SPLITS (lib/splits); each step takes SPLITS queries, whose
//           distances are staged (lib/distances)
// Shapes    as attention_relative_backward_query
// Writes    the key and value parts of d_qkv (=)
// Numerics  f32; each split takes its queries in order, and the splits are added in order: deterministic, no atomics
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

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = wg.x + wg.y * groups.x;
  let blocks = (sizes.S + GROUP_ROWS - 1u) / GROUP_ROWS;
  if (group >= sizes.B * sizes.H * blocks) { return; }
  let first = (group % blocks) * GROUP_ROWS;
  let h = (group / blocks) % sizes.H;
  let b = group / (blocks * sizes.H);
  let extent = extents[b];
  let split = split_of(local);
  let lane = local % GROUP_ROWS;
  let queries = sizes.S - sizes.CACHE;
  let j = min(first + lane, sizes.S - 1u);
  let exists = first + lane >= key_start(extent.y) && first + lane < sizes.CACHE + extent.x;
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
  for (var step = 0u; step < (queries + SPLITS - 1u) / SPLITS; step++) {
    // Later queries see no fewer keys: the last of the step may see none of the group.
    if (first >= sizes.CACHE + key_end(extent.x, min(step * SPLITS + SPLITS, queries) - 1u)) { continue; }
    let i = step * SPLITS + split;
    stage_distances(local, h, i32(sizes.CACHE + step * SPLITS) - i32(first + GROUP_ROWS - 1u));
    if (exists && i < queries && j < sizes.CACHE + key_end(extent.x, i)) {
      let distance = (GROUP_ROWS - 1u - lane + split) * STAGED_STRIDE;
      let shifted = SHIFT && ahead(i, j) > 0u;
      let query = q_at(b, sizes.CACHE + i, h);
      var s = 0.0;
      var d_p = 0.0;
      for (var d = 0u; d < DH4; d++) {
        let q = qkv[query + d];
        s += dot(q + biases[h * DH4 + d], k[d]);
        if (shifted) {
          s += position_part(extent, b, i, j, h, d);
        } else {
          s += dot(q + biases[(sizes.H + h) * DH4 + d], staged[distance + d]);
        }
        d_p += dot(v[d], d_out[row_at(b, i, h) + d]);
      }
      let stat = stats[(b * sizes.H + h) * queries + i];
      let p = exp(s * SCALE - stat.x);
      let d_s = p * (d_p - stat.y) * SCALE;
      for (var d = 0u; d < DH4; d++) {
        d_k[d] += d_s * (qkv[query + d] + biases[h * DH4 + d]);
        d_v[d] += p * d_out[row_at(b, i, h) + d];
      }
    }
  }
  let stores = split == 0u && first + lane < sizes.S;
  for (var d = 0u; d < DH4; d++) {
    let of_key = sum_over_splits(local, d_k[d]);
    let of_value = sum_over_splits(local, d_v[d]);
    if (stores) {
      d_qkv[k_at(b, j, h) + d] = of_key;
      d_qkv[v_at(b, j, h) + d] = of_value;
    }
  }
}
