// layer_norm_backward: d_inp[r,c] (=|+=) rstd[r] · (g[r,c] - mean_c(g) - x̂[r,c] · mean_c(g · x̂)),  g = d_out · weight,  x̂ = (inp - mean) · rstd
// Layout    as layer_norm_forward
// Shapes    d_out, inp, d_inp (R,D) · affine (2,D) · stats (R,2): mean, rstd; D a multiple of 4
// Numerics  f32, fixed order: sums over the lanes in a fixed tree
// Source    Ba et al. 2016, arXiv:1607.06450
const ACCUMULATE: bool = false;
struct Sizes { R: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read> affine: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> d_inp: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let width = sizes.D / 4u;
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  let row = min(wanted, sizes.R - 1u);
  let base = row * width;
  let mean = stats[row].x;
  let rstd = stats[row].y;
  var sums = vec2f(0.0);
  for (var i = 0u; i < (width + LANES - 1u) / LANES; i++) {
    let c = i * LANES + local % LANES;
    if (c < width) {
      let g = d_out[base + c] * affine[c];
      sums += vec2f(dot(g, vec4f(1.0)), dot(g, (inp[base + c] - mean) * rstd));
    }
  }
  let means = sum_over_lanes(local, sums) / f32(sizes.D);
  if (wanted >= sizes.R) { return; }
  for (var i = 0u; i < (width + LANES - 1u) / LANES; i++) {
    let c = i * LANES + local % LANES;
    if (c < width) {
      let normal = (inp[base + c] - mean) * rstd;
      var value = rstd * (d_out[base + c] * affine[c] - means.x - normal * means.y);
      if (ACCUMULATE) { value += d_inp[base + c]; }
      d_inp[base + c] = value;
    }
  }
}
