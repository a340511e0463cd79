// cache_concat_backward: d_hidden[b,s] (=|+=) d_out[b,CACHE+s]
// Layout    one invocation per row and four channels
// Shapes    d_out (B,CACHE+S,D) · d_hidden (B,S,D); D a multiple of 4
// Numerics  a copy, or one f32 rounding where it accumulates
// Source    Dai et al. 2019, arXiv:1901.02860: no gradient flows into the cache
const ACCUMULATE: bool = false;
struct Sizes { B: u32, S: u32, D: u32, CACHE: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> d_hidden: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.S) { return; }
  var value = d_out[((row / sizes.S) * (sizes.CACHE + sizes.S) + sizes.CACHE + row % sizes.S) * (sizes.D / 4u) + index % (sizes.D / 4u)];
  if (ACCUMULATE) { value += d_hidden[index]; }
  d_hidden[index] = value;
}
