// dpfp_backward_lanes: d_inp[r,i] = d_y[i] · [x > 0] - d_y[K+i] · [x < 0];  d_f = (d_out - out · (out·d_out)) / norm
// Layout    LANES invocations per row (lib/lanes), neighbours with neighbouring channels
// Shapes    as dpfp_backward
// Numerics  as dpfp_backward; the product of out and d_out is summed over the lanes in a fixed tree
// Source    Schlag et al. 2021, arXiv:2102.11174
const K: u32 = 4u;
const NORMALISE: bool = true;
struct Sizes { R: u32 }
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read> out: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read> d_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_inp: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn y(row: u32, i: u32) -> f32 {
  let x = inp[row * K + i % K];
  return max(select(-x, x, i < K), 0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  let row = min(wanted, sizes.R - 1u);
  let lane = local % LANES;
  let base = row * 6u * K;
  var products = 0.0;
  for (var n = 0u; n < (6u * K + LANES - 1u) / LANES; n++) {
    let at = n * LANES + lane;
    if (at < 6u * K) { products += out[base + at] * d_out[base + at]; }
  }
  let sum = sum_over_lanes(local, vec2f(products, 0.0)).x;
  if (wanted >= sizes.R) { return; }
  let along = select(0.0, sum, NORMALISE && norm[row] > 1e-12);
  for (var n = 0u; n < (K + LANES - 1u) / LANES; n++) {
    let i = n * LANES + lane;
    if (i >= K) { break; }
    let x = inp[row * K + i];
    var gradient = 0.0;
    if (x != 0.0) {
      let own = select(K + i, i, x > 0.0);
      for (var j = 0u; j < 3u; j++) {
        let at = base + j * 2u * K;
        let ahead = (own + j + 1u) % (2u * K);
        let behind = (own + 2u * K - j - 1u) % (2u * K);
        gradient += (d_out[at + own] - out[at + own] * along) * y(row, behind);
        gradient += (d_out[at + ahead] - out[at + ahead] * along) * y(row, ahead);
      }
      gradient *= sign(x) / norm[row];
    }
    d_inp[row * K + i] = gradient;
  }
}
