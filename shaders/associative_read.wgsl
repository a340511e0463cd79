// associative_read: out[b,r,w] = Σ_k keys[b,r,k] · state[b,k,w]
// Layout    one invocation per row and four columns
// Shapes    keys (B,R,K) · state (B,K,W) · out (B,R,W); K, W multiples of 4
// Numerics  f32, k in order
// Source    Rodkin et al. 2024, arXiv:2407.04841
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> keys: array<vec4f>;
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let w = index % (sizes.W / 4u);
  let row = index / (sizes.W / 4u);
  if (row >= sizes.B * sizes.R) { return; }
  let base = (row / sizes.R) * sizes.K * (sizes.W / 4u) + w;
  var sum = vec4f(0.0);
  for (var k = 0u; k < sizes.K / 4u; k++) {
    let key = keys[row * (sizes.K / 4u) + k];
    let at = base + k * sizes.W;
    sum += key.x * state[at] + key.y * state[at + sizes.W / 4u] + key.z * state[at + sizes.W / 2u] + key.w * state[at + 3u * (sizes.W / 4u)];
  }
  out[index] = sum;
}
