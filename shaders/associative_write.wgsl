// associative_write: out[b,k,w] = (ADD ? base[b,k,w] : 0) + Σ_r keys[b,r,k] · values[b,r,w]
// Layout    one invocation per key and four columns, rows in order
// Shapes    base, out (B,K,W) · keys (B,R,K) · values (B,R,W); W a multiple of 4
// Numerics  f32, r in order: deterministic, no atomics
// Source    Rodkin et al. 2024, arXiv:2407.04841
const ADD: bool = false;
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> base: array<vec4f>;
@group(0) @binding(1) var<storage, read> keys: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let w = index % (sizes.W / 4u);
  let row = index / (sizes.W / 4u);
  if (row >= sizes.B * sizes.K) { return; }
  let b = row / sizes.K;
  var sum = vec4f(0.0);
  for (var r = 0u; r < sizes.R; r++) { sum += keys[(b * sizes.R + r) * sizes.K + row % sizes.K] * values[(b * sizes.R + r) * (sizes.W / 4u) + w]; }
  if (ADD) { sum += base[index]; }
  out[index] = sum;
}
