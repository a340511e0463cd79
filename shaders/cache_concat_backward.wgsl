// cache_concat_backward: d_hidden[b,s] (=|+=) d_out[b,CACHE+s]
// Layout    one invocation per row and four channels
// Shapes    d_out (B,CACHE+S,D) · d_hidden (B,S,D); D a multiple of 4
const B: u32 = 1u;
const S: u32 = 1u;
const D: u32 = 4u;
const CACHE: u32 = 1u;
const ACCUMULATE: bool = false;
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> d_hidden: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let row = index / (D / 4u);
  if (row >= B * S) { return; }
  var value = d_out[((row / S) * (CACHE + S) + CACHE + row % S) * (D / 4u) + index % (D / 4u)];
  if (ACCUMULATE) { value += d_hidden[index]; }
  d_hidden[index] = value;
}
