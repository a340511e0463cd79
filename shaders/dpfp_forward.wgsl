// dpfp_forward: out[r, j·2K+i] = y[i] · y[i-j-1 mod 2K] / ‖·‖,  y = (relu(x[r]), relu(-x[r])),  j = 0 … 2
// Layout    one invocation per row
// Shapes    inp (R,K) · out (R,6·K) · norm (R)
// Caches    norm, for dpfp_backward
// Numerics  f32, features in order; the norm is at least 1e-12, and 1 without NORMALISE
// Source    deterministic parameter-free projection: Schlag et al. 2021, arXiv:2102.11174; normalised: arXiv:2407.04841
const K: u32 = 4u;
const NORMALISE: bool = true;
struct Sizes { R: u32 }
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> norm: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.R) { return; }
  var y: array<f32, 2u * K>;
  for (var i = 0u; i < K; i++) {
    let x = inp[index * K + i];
    y[i] = max(x, 0.0);
    y[K + i] = max(-x, 0.0);
  }
  var squares = 0.0;
  for (var j = 0u; j < 3u; j++) {
    for (var i = 0u; i < 2u * K; i++) {
      let f = y[i] * y[(i + 2u * K - j - 1u) % (2u * K)];
      squares += f * f;
    }
  }
  let length = select(1.0, max(sqrt(squares), 1e-12), NORMALISE);
  norm[index] = length;
  for (var j = 0u; j < 3u; j++) {
    for (var i = 0u; i < 2u * K; i++) {
      out[(index * 3u + j) * 2u * K + i] = y[i] * y[(i + 2u * K - j - 1u) % (2u * K)] / length;
    }
  }
}
