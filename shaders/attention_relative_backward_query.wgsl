// attention_relative_backward_query: d_q[i] = parts[i,0] + parts[i,1];  parts[i] = SCALE · (Σ_j dS[i,j] · k[j], Σ_j dS[i,j] · r[i-j])
// Layout    one invocation per row of qkv and head; P is recomputed from stats; dS = P ∘ (d_out·v - delta)
// Shapes    as attention_relative_forward · d_out (B,S-CACHE,H·DH) · stats (B,H,S-CACHE,2): lse, delta · d_qkv (B,S,3·H·DH) ·
//           parts (B,S-CACHE,2,H·DH): their sums over rows are the gradients of u and v
// Writes    the query part of d_qkv (=): 0 in the cache's rows
// Numerics  f32, keys in order
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.S) { return; }
  let row = index % sizes.S;
  let h = (index / sizes.S) % sizes.H;
  let b = index / (sizes.S * sizes.H);
  if (row < sizes.CACHE) {
    for (var d = 0u; d < DH4; d++) { d_qkv[q_at(b, row, h) + d] = vec4f(0.0); }
    return;
  }
  let i = row - sizes.CACHE;
  let extent = extents[b];
  let end = sizes.CACHE + key_end(extent.x, i);
  let stat = stats[(b * sizes.H + h) * (sizes.S - sizes.CACHE) + i];
  var q_u: array<vec4f, DH4>;
  var q_v: array<vec4f, DH4>;
  var d_o: array<vec4f, DH4>;
  var content: array<vec4f, DH4>;
  var position: array<vec4f, DH4>;
  for (var d = 0u; d < DH4; d++) {
    let q = qkv[q_at(b, row, h) + d];
    q_u[d] = (q + biases[h * DH4 + d]) * SCALE;
    q_v[d] = (q + biases[(sizes.H + h) * DH4 + d]) * SCALE;
    d_o[d] = d_out[row_at(b, i, h) + d];
    content[d] = vec4f(0.0);
    position[d] = vec4f(0.0);
  }
  for (var j = 0u; j < sizes.S; j++) {
    if (j >= end) { break; }
    if (j < key_start(extent.y)) { continue; }
    var s = 0.0;
    var d_p = 0.0;
    let shifted = SHIFT && ahead(i, j) > 0u;
    for (var d = 0u; d < DH4; d++) {
      s += dot(q_u[d], qkv[k_at(b, j, h) + d]);
      if (shifted) { s += SCALE * position_part(extent, b, i, j, h, d); } else { s += dot(q_v[d], r[r_at(extent, i, j, h) + d]); }
      d_p += dot(d_o[d], qkv[v_at(b, j, h) + d]);
    }
    let d_s = exp(s - stat.x) * (d_p - stat.y) * SCALE;
    for (var d = 0u; d < DH4; d++) {
      content[d] += d_s * qkv[k_at(b, j, h) + d];
      if (!shifted) { position[d] += d_s * r[r_at(extent, i, j, h) + d]; }
    }
  }
  // The query's position terms in the scores of the query before it.
  if (SHIFT && i > 0u) {
    let before = i - 1u;
    let stat_before = stats[(b * sizes.H + h) * (sizes.S - sizes.CACHE) + before];
    let end_before = sizes.CACHE + key_end(extent.x, before);
    for (var j = sizes.CACHE + before + 2u; j < end_before; j++) {
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
  for (var d = 0u; d < DH4; d++) {
    d_qkv[q_at(b, row, h) + d] = content[d] + position[d];
    let at = ((b * (sizes.S - sizes.CACHE) + i) * 2u * sizes.H + h) * DH4 + d;
    parts[at] = content[d];
    parts[at + sizes.H * DH4] = position[d];
  }
}
