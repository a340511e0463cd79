// sum_rows: out[c] (=|+=) Σ_r inp[r,c]
// Layout    one invocation per four columns, rows in order
// Shapes    inp (R,C) · out (C), C a multiple of 4
// Numerics  f32, fixed order
const ACCUMULATE: bool = true;
struct Sizes { R: u32, C: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let c = (wg.x + wg.y * groups.x) * 64u + local;
  if (c >= sizes.C / 4u) { return; }
  var sum = vec4f(0.0);
  for (var r = 0u; r < sizes.R; r++) { sum += inp[r * (sizes.C / 4u) + c]; }
  if (ACCUMULATE) { sum += out[c]; }
  out[c] = sum;
}
