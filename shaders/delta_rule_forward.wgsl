// delta_rule_forward: out[b,m] = (β · (value - v̄), γ, 0, 0, 0),  β = σ(gate[b,m,0]),  v̄ = found[…D] / den,  γ = clip(1 - den / (‖keys‖² + FLOOR), 0, 1)
// Layout    LANES invocations (lib/lanes, or one) per memory token; den = found[b,m,D] + 1e-5. In the first segment v̄ = 0 and γ = 1; before it, out = 0.
//           Without CORRECTION γ = 1
// Shapes    value (B,M,D) · gate (B,M,4), its first column · keys (B,M,K) · found, out (B,M,D+4) · phase (B) u32, as recall_forward
// Numerics  f32, channels in order, or summed over the lanes in a fixed tree
// Source    Rodkin et al. 2024, arXiv:2407.04841
const CORRECTION: bool = true;
const FLOOR: f32 = 0.0;
struct Sizes { B: u32, M: u32, D: u32, K: u32 }
@group(0) @binding(0) var<storage, read> value: array<vec4f>;
@group(0) @binding(1) var<storage, read> gate: array<vec4f>;
@group(0) @binding(2) var<storage, read> keys: array<vec4f>;
@group(0) @binding(3) var<storage, read> found: array<vec4f>;
@group(0) @binding(4) var<storage, read> phase: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  if (lane_has_no_row(wanted, sizes.B * sizes.M)) { return; }
  let index = min(wanted, sizes.B * sizes.M - 1u);
  let lane = local % LANES;
  let base = index * (sizes.D / 4u + 1u);
  let now = phase[index / sizes.M];
  var squares = 0.0;
  if (CORRECTION && now == 2u) {
    for (var n = 0u; n < (sizes.K / 4u + LANES - 1u) / LANES; n++) {
      let k = index * (sizes.K / 4u) + n * LANES + lane;
      if (n * LANES + lane < sizes.K / 4u) { squares += dot(keys[k], keys[k]); }
    }
  }
  squares = sum_over_lanes(local, vec2f(squares, 0.0)).x;
  if (wanted != index) { return; }
  if (now == 0u) {
    for (var c = lane; c <= sizes.D / 4u; c += LANES) { out[base + c] = vec4f(0.0); }
    return;
  }
  let beta = 1.0 / (1.0 + exp(-gate[index].x));
  var scale = 0.0;
  var gamma = 1.0;
  if (now == 2u) {
    let den = found[base + sizes.D / 4u].x + 1e-5;
    scale = 1.0 / den;
    if (CORRECTION) { gamma = clamp(1.0 - den / (squares + FLOOR), 0.0, 1.0); }
  }
  for (var c = lane; c < sizes.D / 4u; c += LANES) { out[base + c] = beta * (value[index * (sizes.D / 4u) + c] - scale * found[base + c]); }
  if (lane == 0u) { out[base + sizes.D / 4u] = vec4f(gamma, 0.0, 0.0, 0.0); }
}
