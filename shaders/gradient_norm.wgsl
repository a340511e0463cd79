// gradient_norm: norm[0] = √(Σ_j partial[j])
// Layout    one workgroup; 64 invocations each add a share, then a tree
// Shapes    partial (SHARES) · norm (4), of which the first is used
// Numerics  f32, fixed order
// Source    Pascanu et al. 2013, arXiv:1211.5063 (clipping by the global norm)
struct Sizes { SHARES: u32 }
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var i = 0u; i < (sizes.SHARES + 63u) / 64u; i++) {
    let at = i * 64u + local;
    if (at < sizes.SHARES) { sum += partial[at]; }
  }
  sums[local] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {
    if (local < half) { sums[local] += sums[local + half]; }
    workgroupBarrier();
  }
  if (local == 0u) { norm[0] = sqrt(sums[0]); }
}
