// add: out[i] (=|+=) inp[i]
// Layout    one invocation per four elements
// Shapes    inp, out (N), N a multiple of 4
// Numerics  one f32 rounding per element
const ACCUMULATE: bool = true;
struct Sizes { N: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (wg.x + wg.y * groups.x) * 64u + local;
  if (i >= sizes.N / 4u) { return; }
  var sum = inp[i];
  if (ACCUMULATE) { sum += out[i]; }
  out[i] = sum;
}
