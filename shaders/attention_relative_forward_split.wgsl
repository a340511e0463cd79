// attention_relative_forward_split: out[b,i,h] = Σ_j P[i,j] · v[j],  P = softmax_j(SCALE · ((q[i]+u)·k[j] + (q[i]+v)·r[i-j]))
// Layout    a workgroup has GROUP_ROWS queries of a head × SPLITS (lib/splits); each step takes SPLITS keys, whose distances are
//           staged (lib/distances)
// Shapes    as attention_relative_forward
// Caches    lse, for the backward kernels and attention_relative_weights
// Numerics  a running maximum of each split; the splits are combined in order
// Source    Dai et al. 2019, arXiv:1901.02860, section 3.3; block mask and SHIFT: Bulatov et al. 2022, arXiv:2207.06881, and its code
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = wg.x + wg.y * groups.x;
  let queries = sizes.S - sizes.CACHE;
  let blocks = (queries + GROUP_ROWS - 1u) / GROUP_ROWS;
  if (group >= sizes.B * sizes.H * blocks) { return; }
  let first = (group % blocks) * GROUP_ROWS;
  let h = (group / blocks) % sizes.H;
  let b = group / (blocks * sizes.H);
  let extent = extents[b];
  let split = split_of(local);
  let i = min(first + local % GROUP_ROWS, queries - 1u);
  let end = sizes.CACHE + key_end(extent.x, i);
  // Later queries see no fewer keys.
  let group_end = sizes.CACHE + key_end(extent.x, min(first + GROUP_ROWS, queries) - 1u);
  var q_u: array<vec4f, DH4>;
  var o: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    q_u[d] = (qkv[q_at(b, sizes.CACHE + i, h) + d] + biases[h * DH4 + d]) * SCALE;
    o[d] = vec4f(0.0);
  }
  var highest = MASKED;
  var sum = 0.0;
  for (var step = 0u; step < (group_end + SPLITS - 1u) / SPLITS; step++) {
    if (step * SPLITS + SPLITS <= key_start(extent.y)) { continue; }
    let j = step * SPLITS + split;
    stage_distances(local, h, i32(sizes.CACHE + first) - i32(step * SPLITS + SPLITS - 1u));
    if (j >= key_start(extent.y) && j < end) {
      let distance = (i - first + SPLITS - 1u - split) * STAGED_STRIDE;
      let shifted = SHIFT && ahead(i, j) > 0u;
      var s = 0.0;
      for (var d = 0u; d < DH4; d++) {
        s += dot(q_u[d], qkv[k_at(b, j, h) + d]);
        if (shifted) {
          s += SCALE * position_part(extent, b, i, j, h, d);
        } else {
          s += dot(q_u[d] + (biases[(sizes.H + h) * DH4 + d] - biases[h * DH4 + d]) * SCALE, staged[distance + d]);
        }
      }
      let next = max(s, highest);
      let shrink = exp(highest - next);
      let p = exp(s - next);
      highest = next;
      sum = sum * shrink + p;
      for (var d = 0u; d < DH4; d++) { o[d] = o[d] * shrink + p * qkv[v_at(b, j, h) + d]; }
    }
  }
  let top = max_over_splits(local, highest);
  let share = exp(highest - top);
  sum = sum_over_splits(local, vec4f(sum * share)).x;
  let stores = split == 0u && first + local % GROUP_ROWS < queries;
  for (var d = 0u; d < DH4; d++) {
    let all = sum_over_splits(local, o[d] * share);
    if (stores) { out[row_at(b, i, h) + d] = all / sum; }
  }
  if (stores) { lse[(b * sizes.H + h) * queries + i] = top + log(sum); }
}
