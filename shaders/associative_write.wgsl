// associative_write: out[b,k,w] = (ADD ? base[b,k,w] : 0) + Σ_r keys[b,r,k] · values[b,r,w]
// Layout    one invocation per key and four columns, rows in order
// Shapes    base, out (B,K,W) · keys (B,R,K) · values (B,R,W); W a multiple of 4
// Source    Rodkin et al. 2024, arXiv:2407.04841
const B: u32 = 1u;
const R: u32 = 1u;
const K: u32 = 4u;
const W: u32 = 4u;
const ADD: bool = false;
@group(0) @binding(0) var<storage, read> base: array<vec4f>;
@group(0) @binding(1) var<storage, read> keys: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let w = index % (W / 4u);
  let row = index / (W / 4u);
  if (row >= B * K) { return; }
  let b = row / K;
  var sum = vec4f(0.0);
  for (var r = 0u; r < R; r++) { sum += keys[(b * R + r) * K + row % K] * values[(b * R + r) * (W / 4u) + w]; }
  if (ADD) { sum += base[index]; }
  out[index] = sum;
}
