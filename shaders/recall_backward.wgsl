// recall_backward: d_found[b,s,c] = d_out[b,s,c] / den;  d_found[b,s,D] = -Σ_c d_out[b,s,c] · found[b,s,c] / den²;  0 unless phase[b] = 2
// Layout    LANES invocations (lib/lanes, or one) per row; den = found[b,s,D] + 1e-5
// Shapes    d_out (B,S,D) · found, d_found (B,S,D+4) · phase (B) u32; D a multiple of 4; d_found is =
// Numerics  f32, channels in order, or summed over the lanes in a fixed tree
// Source    Rodkin et al. 2024, arXiv:2407.04841
struct Sizes { B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> found: array<vec4f>;
@group(0) @binding(2) var<storage, read> phase: array<u32>;
@group(0) @binding(3) var<storage, read_write> d_found: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  if (lane_has_no_row(wanted, sizes.B * sizes.S)) { return; }
  let index = min(wanted, sizes.B * sizes.S - 1u);
  let lane = local % LANES;
  let base = index * (sizes.D / 4u + 1u);
  let scale = select(0.0, 1.0 / (found[base + sizes.D / 4u].x + 1e-5), phase[index / sizes.S] == 2u);
  var along = 0.0;
  for (var n = 0u; n < (sizes.D / 4u + LANES - 1u) / LANES; n++) {
    let c = n * LANES + lane;
    if (c >= sizes.D / 4u) { break; }
    let d = d_out[index * (sizes.D / 4u) + c] * scale;
    if (wanted == index) { d_found[base + c] = d; }
    along += dot(d, found[base + c]);
  }
  along = sum_over_lanes(local, vec2f(along, 0.0)).x;
  if (lane == 0u && wanted == index) { d_found[base + sizes.D / 4u] = vec4f(-along * scale, 0.0, 0.0, 0.0); }
}
