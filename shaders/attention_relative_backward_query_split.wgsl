// attention_relative_backward_query_split: d_q[i] = parts[i,0] + parts[i,1];  parts[i] = SCALE · (Σ_j dS[i,j] · k[j], Σ_j dS[i,j] · r[i-j])
// Layout    as attention_relative_forward_split, and after a head's queries workgroups for the cache's rows
// Shapes    as attention_relative_backward_query
// Writes    the query part of d_qkv (=): 0 in the cache's rows
// Numerics  f32; each split takes its keys in order, and the splits are added in order
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(5) var<storage, read> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> parts: array<vec4f>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = wg.x + wg.y * groups.x;
  let queries = sizes.S - sizes.CACHE;
  let blocks = (queries + GROUP_ROWS - 1u) / GROUP_ROWS;
  let all_blocks = blocks + (sizes.CACHE + GROUP_ROWS - 1u) / GROUP_ROWS;
  if (group >= sizes.B * sizes.H * all_blocks) { return; }
  let block = group % all_blocks;
  let h = (group / all_blocks) % sizes.H;
  let b = group / (all_blocks * sizes.H);
  let split = split_of(local);
  if (block >= blocks) {
    let row = (block - blocks) * GROUP_ROWS + local % GROUP_ROWS;
    if (row < sizes.CACHE && split == 0u) {
      for (var d = 0u; d < DH4; d++) { d_qkv[q_at(b, row, h) + d] = vec4f(0.0); }
    }
    return;
  }
  let first = block * GROUP_ROWS;
  let extent = extents[b];
  let i = min(first + local % GROUP_ROWS, queries - 1u);
  let row = sizes.CACHE + i;
  let end = sizes.CACHE + key_end(extent.x, i);
  // Later queries see no fewer keys.
  let group_end = sizes.CACHE + key_end(extent.x, min(first + GROUP_ROWS, queries) - 1u);
  let stat = stats[(b * sizes.H + h) * queries + i];
  var q_u: array<vec4f, DH4>;
  var d_o: array<vec4f, DH4>;
  var content: array<vec4f, DH4>;
  var position: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    q_u[d] = (qkv[q_at(b, row, h) + d] + biases[h * DH4 + d]) * SCALE;
    d_o[d] = d_out[row_at(b, i, h) + d];
    content[d] = vec4f(0.0);
    position[d] = vec4f(0.0);
  }
  for (var step = 0u; step < (group_end + SPLITS - 1u) / SPLITS; step++) {
    if (step * SPLITS + SPLITS <= key_start(extent.y)) { continue; }
    let j = step * SPLITS + split;
    stage_distances(local, h, i32(sizes.CACHE + first) - i32(step * SPLITS + SPLITS - 1u));
    if (j >= key_start(extent.y) && j < end) {
      let distance = (i - first + SPLITS - 1u - split) * STAGED_STRIDE;
      let shifted = SHIFT && ahead(i, j) > 0u;
      var s = 0.0;
      var d_p = 0.0;
      for (var d = 0u; d < DH4; d++) {
        s += dot(q_u[d], qkv[k_at(b, j, h) + d]);
        if (shifted) {
          s += SCALE * position_part(extent, b, i, j, h, d);
        } else {
          s += dot(q_u[d] + (biases[(sizes.H + h) * DH4 + d] - biases[h * DH4 + d]) * SCALE, staged[distance + d]);
        }
        d_p += dot(d_o[d], qkv[v_at(b, j, h) + d]);
      }
      let d_s = exp(s - stat.x) * (d_p - stat.y) * SCALE;
      for (var d = 0u; d < DH4; d++) {
        content[d] += d_s * qkv[k_at(b, j, h) + d];
        if (!shifted) { position[d] += d_s * staged[distance + d]; }
      }
    }
  }
  // The query's position terms in the scores of the query before it.
  if (SHIFT && i > 0u) {
    let before = i - 1u;
    let stat_before = stats[(b * sizes.H + h) * queries + before];
    let end_before = sizes.CACHE + key_end(extent.x, before);
    for (var j = sizes.CACHE + before + 2u + split; j < end_before; j += SPLITS) {
      var s = 0.0;
      var d_p = 0.0;
      for (var d = 0u; d < DH4; d++) {
        s += dot(qkv[q_at(b, row - 1u, h) + d] + biases[h * DH4 + d], qkv[k_at(b, j, h) + d]) + position_part(extent, b, before, j, h, d);
        d_p += dot(d_out[row_at(b, before, h) + d], qkv[v_at(b, j, h) + d]);
      }
      let d_s = exp(s * SCALE - stat_before.x) * (d_p - stat_before.y) * SCALE;
      for (var d = 0u; d < DH4; d++) { position[d] += d_s * r[r_at(extent, before, j, h) + d]; }
    }
  }
  let stores = split == 0u && first + local % GROUP_ROWS < queries;
  for (var d = 0u; d < DH4; d++) {
    let of_content = sum_over_splits(local, content[d]);
    let of_position = sum_over_splits(local, position[d]);
    if (stores) {
      d_qkv[q_at(b, row, h) + d] = of_content + of_position;
      let at = ((b * queries + i) * 2u * sizes.H + h) * DH4 + d;
      parts[at] = of_content;
      parts[at + sizes.H * DH4] = of_position;
    }
  }
}
