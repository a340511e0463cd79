// layer_norm_backward_affine: partial[j] = (Σ_r d_out[r,c] · x̂[r,c],  Σ_r d_out[r,c]) over the rows r of chunk j
// Layout    SPLITS invocations (lib/splits, or one) per chunk of rows and four channels; sum_rows adds the chunks into d_weight and d_bias
// Shapes    d_out, inp (R,D) · stats (R,2) · partial (CHUNKS,2,D); D a multiple of 4
// Numerics  f32, fixed order
// Source    Ba et al. 2016, arXiv:1607.06450
struct Sizes { R: u32, D: u32, CHUNKS: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = (wg.x + wg.y * groups.x) * GROUP_ROWS + local % GROUP_ROWS;
  let places = sizes.CHUNKS * (sizes.D / 4u);
  if (has_no_row(place, places)) { return; }
  let index = min(place, places - 1u);
  let c = index % (sizes.D / 4u);
  let chunk = index / (sizes.D / 4u);
  var d_weight = vec4f(0.0);
  var d_bias = vec4f(0.0);
  let step_rows = sizes.CHUNKS * SPLITS;
  for (var i = 0u; i < (sizes.R + step_rows - 1u) / step_rows; i++) {
    let r = (i * SPLITS + split_of(local)) * sizes.CHUNKS + chunk;
    if (r < sizes.R) {
      let d = d_out[r * (sizes.D / 4u) + c];
      d_weight += d * (inp[r * (sizes.D / 4u) + c] - stats[r].x) * stats[r].y;
      d_bias += d;
    }
  }
  d_weight = sum_over_splits(local, d_weight);
  d_bias = sum_over_splits(local, d_bias);
  if (split_of(local) == 0u && place < places) {
    partial[chunk * (sizes.D / 2u) + c] = d_weight;
    partial[chunk * (sizes.D / 2u) + sizes.D / 4u + c] = d_bias;
  }
}
