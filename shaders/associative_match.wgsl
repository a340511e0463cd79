// associative_match: out[b,r,k] (=|+=) Σ_w values[b,r,w] · state[b,k,w]
// Layout    one invocation per row and four keys
// Shapes    values (B,R,W) · state (B,K,W) · out (B,R,K); K, W multiples of 4
// Numerics  f32, fixed order
// Source    the gradient of the keys, of reads and of writes; Rodkin et al. 2024, arXiv:2407.04841
const ACCUMULATE: bool = false;
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let k = index % (sizes.K / 4u);
  let row = index / (sizes.K / 4u);
  if (row >= sizes.B * sizes.R) { return; }
  let base = ((row / sizes.R) * sizes.K + k * 4u) * (sizes.W / 4u);
  var sum = vec4f(0.0);
  for (var w = 0u; w < sizes.W / 4u; w++) {
    let value = values[row * (sizes.W / 4u) + w];
    let at = base + w;
    sum += vec4f(dot(value, state[at]), dot(value, state[at + sizes.W / 4u]), dot(value, state[at + sizes.W / 2u]), dot(value, state[at + 3u * (sizes.W / 4u)]));
  }
  if (ACCUMULATE) { sum += out[index]; }
  out[index] = sum;
}
