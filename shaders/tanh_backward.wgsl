// tanh_backward: d_inp[i] = d_out[i] · (1 - out[i]²)
// Layout    one invocation per four elements
// Shapes    d_out, out, d_inp (N), N a multiple of 4; out = tanh(inp)
// Numerics  computed from the output, so the forward pass stores nothing else
struct Sizes { N: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> out: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> d_inp: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (wg.x + wg.y * groups.x) * 64u + local;
  if (i >= sizes.N / 4u) { return; }
  d_inp[i] = d_out[i] * (1.0 - out[i] * out[i]);
}
