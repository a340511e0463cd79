// attention_weights: out[b,h,r,c] = exp(SCALE · q[b,ROW+r,h]·k[b,COLUMN+c,h] - lse[b,h,ROW+r]), 0 for masked keys
// Layout    one invocation per weight of the requested rectangle. FROM_END: ROW counts back from the row's length
// Shapes    qkv (B,S,3·H·DH) · lse (B,H,S) · lengths (B) u32 · out (B,H,ROWS,COLUMNS)
// Numerics  exp(score - lse): the same softmax as the forward pass, without its sum and before dropout
// Source    Vaswani et al. 2017, arXiv:1706.03762
const FROM_END: bool = false;
struct Sizes { B: u32, S: u32, H: u32, M: u32, ROW: u32, ROWS: u32, COLUMN: u32, COLUMNS: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> lse: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * sizes.H * sizes.ROWS * sizes.COLUMNS) { return; }
  let j = sizes.COLUMN + index % sizes.COLUMNS;
  let h = (index / (sizes.COLUMNS * sizes.ROWS)) % sizes.H;
  let b = index / (sizes.COLUMNS * sizes.ROWS * sizes.H);
  var i = sizes.ROW + (index / sizes.COLUMNS) % sizes.ROWS;
  if (FROM_END) { i = lengths[b] - sizes.ROW + (index / sizes.COLUMNS) % sizes.ROWS; }
  var s = 0.0;
  for (var d = 0u; d < DH4; d++) { s += dot(qkv[q_at(b, i, h) + d], qkv[k_at(b, j, h) + d]); }
  var weight = 0.0;
  if (j < key_end(lengths[b], i)) { weight = exp(s * SCALE - lse[(b * sizes.H + h) * sizes.S + i]); }
  out[index] = weight;
}
