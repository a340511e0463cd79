// memory_broadcast: memory[b,m] = initial[m]
// Layout    one invocation per four elements
// Shapes    initial (N) · memory (B,N), N = M·D a multiple of 4
// Numerics  a copy, exact
// Source    Bulatov et al. 2023, arXiv:2304.11062, and 2022, arXiv:2207.06881: every sequence starts from the same memory
struct Sizes { B: u32, N: u32 }
@group(0) @binding(0) var<storage, read> initial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> memory: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.B * (sizes.N / 4u)) { return; }
  memory[index] = initial[index % (sizes.N / 4u)];
}
