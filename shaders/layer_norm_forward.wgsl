// layer_norm_forward: out[r,c] = weight[c] · (inp[r,c] - mean[r]) · rstd[r] + bias[c]
// Layout    LANES invocations per row, which stride over its D channels; 64 / LANES rows per workgroup
// Shapes    inp, out (R,D) · affine (2,D): weight, then bias · stats (R,2): mean, rstd; D a multiple of 4
// Layers    with LAYERED, affine of several layers, each STRIDE numbers after the one before it: layer l takes the l-th of
//           R / LAYERS rows each
// Caches    stats, for layer_norm_backward
// Numerics  two passes: E[x²]-E[x]² cancels when |mean| >> std. Biased variance
// Source    Ba et al. 2016, arXiv:1607.06450; eps 1e-12 as in BERT
const EPS: f32 = 1e-12;
const LAYERED: bool = false;
struct Sizes { R: u32, D: u32, LAYERS: u32, STRIDE: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> affine: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let width = sizes.D / 4u;
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  let rows = sizes.R / sizes.LAYERS;
  var first = 0u;
  var own = 0u;
  if (LAYERED) {
    first = wg.z * rows;
    own = wg.z * (sizes.STRIDE / 4u);
  }
  let row = first + min(wanted, rows - 1u);
  let base = row * width;
  var sum = 0.0;
  for (var i = 0u; i < (width + LANES - 1u) / LANES; i++) {
    let c = i * LANES + local % LANES;
    if (c < width) { sum += dot(inp[base + c], vec4f(1.0)); }
  }
  let mean = sum_over_lanes(local, vec2f(sum, 0.0)).x / f32(sizes.D);
  var squares = 0.0;
  for (var i = 0u; i < (width + LANES - 1u) / LANES; i++) {
    let c = i * LANES + local % LANES;
    if (c < width) {
      let x = inp[base + c] - mean;
      squares += dot(x, x);
    }
  }
  let variance = sum_over_lanes(local, vec2f(squares, 0.0)).x / f32(sizes.D);
  let rstd = 1.0 / sqrt(variance + EPS);
  if (wanted >= rows) { return; }
  for (var i = 0u; i < (width + LANES - 1u) / LANES; i++) {
    let c = i * LANES + local % LANES;
    if (c < width) { out[base + c] = affine[own + c] * ((inp[base + c] - mean) * rstd) + affine[own + width + c]; }
  }
  if (local % LANES == 0u) { stats[row] = vec2f(mean, rstd); }
}
