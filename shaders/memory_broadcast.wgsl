// memory_broadcast: memory[b,m] = initial[m]
// Layout    one invocation per four elements
// Shapes    initial (N) · memory (B,N), N = M·D a multiple of 4
const B: u32 = 1u;
const N: u32 = 4u;
@group(0) @binding(0) var<storage, read> initial: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> memory: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= B * (N / 4u)) { return; }
  memory[index] = initial[index % (N / 4u)];
}
