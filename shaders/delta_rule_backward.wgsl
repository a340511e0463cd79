// delta_rule_backward: d_value = β · d_out;  d_gate = β(1-β) · Σ_c d_out · (value - v̄);  d_found = (-β · d_out / den, Σ_c β · d_out · v̄ / den)
// Layout    LANES invocations (lib/lanes, or one) per memory token
// Shapes    as delta_rule_forward · d_out, d_found (B,M,D+4) · d_value (B,M,D) · d_gate (B,M,4); all results are =
// Numerics  f32, channels in order, or summed over the lanes in a fixed tree
// Source    Rodkin et al. 2024, arXiv:2407.04841; γ receives no gradient, as in the published code
struct Sizes { B: u32, M: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> value: array<vec4f>;
@group(0) @binding(2) var<storage, read> gate: array<vec4f>;
@group(0) @binding(3) var<storage, read> found: array<vec4f>;
@group(0) @binding(4) var<storage, read> phase: array<u32>;
@group(0) @binding(5) var<storage, read_write> d_value: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> d_gate: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> d_found: array<vec4f>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  if (lane_has_no_row(wanted, sizes.B * sizes.M)) { return; }
  let index = min(wanted, sizes.B * sizes.M - 1u);
  let lane = local % LANES;
  let base = index * (sizes.D / 4u + 1u);
  let now = phase[index / sizes.M];
  let beta = select(1.0 / (1.0 + exp(-gate[index].x)), 0.0, now == 0u);
  let scale = select(0.0, 1.0 / (found[base + sizes.D / 4u].x + 1e-5), now == 2u);
  var d_beta = 0.0;
  var along = 0.0;
  for (var n = 0u; n < (sizes.D / 4u + LANES - 1u) / LANES; n++) {
    let c = n * LANES + lane;
    if (c >= sizes.D / 4u) { break; }
    let d = d_out[base + c];
    let old = scale * found[base + c];
    if (wanted == index) {
      d_value[index * (sizes.D / 4u) + c] = beta * d;
      d_found[base + c] = -beta * scale * d;
    }
    d_beta += dot(d, value[index * (sizes.D / 4u) + c] - old);
    along += dot(d, old);
  }
  let sums = sum_over_lanes(local, vec2f(d_beta, along));
  if (lane == 0u && wanted == index) {
    d_gate[index] = vec4f(beta * (1.0 - beta) * sums.x, 0.0, 0.0, 0.0);
    d_found[base + sizes.D / 4u] = vec4f(beta * scale * sums.y, 0.0, 0.0, 0.0);
  }
}
