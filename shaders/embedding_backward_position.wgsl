// embedding_backward_position: sum[s] = Σ_b d_out[b,s];  d_position[s] += sum[s]
// Layout    one invocation per position and four channels; sum_rows adds `sum` into the token type's gradient
// Shapes    d_out (B,S,D) · sum (S,D) · d_position (≥S,D); D a multiple of 4
// Numerics  f32, b in order
struct Sizes { B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> d_position: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.S * (sizes.D / 4u)) { return; }
  var total = vec4f(0.0);
  for (var b = 0u; b < sizes.B; b++) { total += d_out[b * sizes.S * (sizes.D / 4u) + index]; }
  sum[index] = total;
  d_position[index] += total;
}
