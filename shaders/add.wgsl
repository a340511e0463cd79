// add: out[i] (=|+=) inp[i]
// Layout    one invocation per four elements
// Shapes    inp, out (N), N a multiple of 4
const N: u32 = 4u;
const ACCUMULATE: bool = true;
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (wg.x + wg.y * groups.x) * 64u + local;
  if (i >= N / 4u) { return; }
  var sum = inp[i];
  if (ACCUMULATE) { sum += out[i]; }
  out[i] = sum;
}
