// embedding_backward_position: sum[s] = Σ_b d_out[b,s];  d_position[s] += sum[s]
// Layout    one invocation per position and four channels; sum_rows adds `sum` into the token type's gradient. With
//           LAST_POSITIONS the last M of the S positions are the memory vectors at the end of each row's text, and theirs are
//           the last M rows of the table
// Shapes    d_out (B,S,D) · lengths (B) u32 · sum (S,D) · d_position (P,D), P ≥ S; D a multiple of 4
// Numerics  f32, b in order
const LAST_POSITIONS: bool = false;
struct Sizes { M: u32, B: u32, S: u32, D: u32, P: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_position: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.S * (sizes.D / 4u)) { return; }
  let s = index / (sizes.D / 4u);
  let text = sizes.S - select(0u, sizes.M, LAST_POSITIONS);
  var total = vec4f(0.0);
  for (var b = 0u; b < sizes.B; b++) {
    var at = s;
    if (LAST_POSITIONS) {
      if (s >= text) { at = lengths[b] + s - sizes.S; } else if (s + sizes.M >= lengths[b]) { continue; }
    }
    total += d_out[(b * sizes.S + at) * (sizes.D / 4u) + index % (sizes.D / 4u)];
  }
  sum[index] = total;
  d_position[select(s, sizes.P - sizes.S + s, s >= text) * (sizes.D / 4u) + index % (sizes.D / 4u)] += total;
}
