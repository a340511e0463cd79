// attention_relative_weights: out[b,h,r,c] = exp(SCALE · ((q+u)·k[COLUMN+c] + (q+v)·r[ROW+r-COLUMN-c]) - lse[b,h,ROW+r]), 0 for masked keys
// Layout    one invocation per weight of the requested rectangle. Columns count the cache's keys first;
//           FROM_END: ROW counts back from the row's length
// Shapes    as attention_relative_forward · lse (B,H,S-CACHE) · out (B,H,ROWS,COLUMNS)
// Numerics  exp(score - lse): the same softmax as the forward pass, without its sum
// Source    Dai et al. 2019, arXiv:1901.02860, section 3.3
const FROM_END: bool = false;
struct Sizes { B: u32, S: u32, H: u32, M: u32, CACHE: u32, BELOW: u32, ROW: u32, ROWS: u32, COLUMN: u32, COLUMNS: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> r: array<vec4f>;
@group(0) @binding(2) var<storage, read> biases: array<vec4f>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.ROWS * sizes.COLUMNS) { return; }
  let j = sizes.COLUMN + index % sizes.COLUMNS;
  let h = (index / (sizes.COLUMNS * sizes.ROWS)) % sizes.H;
  let b = index / (sizes.COLUMNS * sizes.ROWS * sizes.H);
  var i = sizes.ROW + (index / sizes.COLUMNS) % sizes.ROWS;
  if (FROM_END) { i = extents[b].x - sizes.ROW + (index / sizes.COLUMNS) % sizes.ROWS; }
  let extent = extents[b];
  var weight = 0.0;
  if (j >= key_start(extent.y) && j < sizes.CACHE + key_end(extent.x, i)) {
    var s = 0.0;
    for (var d = 0u; d < DH4; d++) {
      let q = qkv[q_at(b, sizes.CACHE + i, h) + d];
      s += dot(q + biases[h * DH4 + d], qkv[k_at(b, j, h) + d]) + position_part(extent, b, i, j, h, d);
    }
    weight = exp(s * SCALE - lse[(b * sizes.H + h) * (sizes.S - sizes.CACHE) + i]);
  }
  out[index] = weight;
}
