// gather_memory_backward: d_hidden[b,at(m)] += d_out[b,m]
// Layout    one invocation per memory token and four channels
// Shapes    d_out (B,M,D) · lengths (B) u32 · d_hidden (B,S,D); D a multiple of 4
// Numerics  one f32 rounding per element
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read_write> d_hidden: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.M) { return; }
  let b = row / sizes.M;
  d_hidden[(b * sizes.S + read_position(row % sizes.M, lengths[b])) * (sizes.D / 4u) + index % (sizes.D / 4u)] += d_out[index];
}
