// sum_rows: out[c] (=|+=) Σ_r inp[r,c]
// Layout    one invocation per four columns, rows in order
// Shapes    inp (R,C) · out (C), C a multiple of 4
// Numerics  f32, fixed order
const R: u32 = 1u;
const C: u32 = 4u;
const ACCUMULATE: bool = true;
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let c = (wg.x + wg.y * groups.x) * 64u + local;
  if (c >= C / 4u) { return; }
  var sum = vec4f(0.0);
  for (var r = 0u; r < R; r++) { sum += inp[r * (C / 4u) + c]; }
  if (ACCUMULATE) { sum += out[c]; }
  out[c] = sum;
}
