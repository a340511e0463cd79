// dpfp_forward_lanes: out[r, j·2K+i] = y[i] · y[i-j-1 mod 2K] / ‖·‖,  y = (relu(x[r]), relu(-x[r])),  j = 0 … 2
// Layout    LANES invocations per row (lib/lanes), neighbours with neighbouring features
// Shapes    as dpfp_forward
// Caches    norm, for dpfp_backward
// Numerics  f32; the squares are summed over the lanes in a fixed tree; the norm is as in dpfp_forward
// Source    deterministic parameter-free projection: Schlag et al. 2021, arXiv:2102.11174; normalised: arXiv:2407.04841
const K: u32 = 4u;
const NORMALISE: bool = true;
struct Sizes { R: u32 }
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> norm: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn y(row: u32, i: u32) -> f32 {
  let x = inp[row * K + i % K];
  return max(select(-x, x, i < K), 0.0);
}
fn feature(row: u32, at: u32) -> f32 {
  let i = at % (2u * K);
  return y(row, i) * y(row, (i + 2u * K - at / (2u * K) - 1u) % (2u * K));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  let row = min(wanted, sizes.R - 1u);
  let lane = local % LANES;
  var squares = 0.0;
  for (var n = 0u; n < (6u * K + LANES - 1u) / LANES; n++) {
    if (n * LANES + lane < 6u * K) {
      let f = feature(row, n * LANES + lane);
      squares += f * f;
    }
  }
  let sum = sum_over_lanes(local, vec2f(squares, 0.0)).x;
  if (wanted >= sizes.R) { return; }
  let length = select(1.0, max(sqrt(sum), 1e-12), NORMALISE);
  if (lane == 0u) { norm[row] = length; }
  for (var n = 0u; n < (6u * K + LANES - 1u) / LANES; n++) {
    let at = n * LANES + lane;
    if (at < 6u * K) { out[row * 6u * K + at] = feature(row, at) / length; }
  }
}
