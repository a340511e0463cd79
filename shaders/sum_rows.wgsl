// sum_rows: out[c] (=|+=) Σ_r inp[r,c]
// Layout    SPLITS invocations (lib/splits, or one) per four columns, which divide the rows
// Shapes    inp (R,C) · out (C), C a multiple of 4
// Numerics  f32, fixed order
const ACCUMULATE: bool = true;
struct Sizes { R: u32, C: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = (wg.x + wg.y * groups.x) * GROUP_ROWS + local % GROUP_ROWS;
  if (has_no_row(column, sizes.C / 4u)) { return; }
  let c = min(column, sizes.C / 4u - 1u);
  var sum = vec4f(0.0);
  for (var step = 0u; step < (sizes.R + SPLITS - 1u) / SPLITS; step++) {
    let r = step * SPLITS + split_of(local);
    if (r < sizes.R) { sum += inp[r * (sizes.C / 4u) + c]; }
  }
  sum = sum_over_splits(local, sum);
  if (split_of(local) == 0u && column < sizes.C / 4u) {
    if (ACCUMULATE) { sum += out[c]; }
    out[c] = sum;
  }
}
