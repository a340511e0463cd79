// attention_delta: stats[b,h,i] = (lse[b,h,i], d_out[b,i,h] · out[b,i,h])
// Layout    LANES invocations (lib/lanes, or one) per query and head
// Shapes    out, d_out (B,Q,H·DH) · lse (B,H,Q) · stats (B,H,Q,2); DH a multiple of 4
// Numerics  f32, channels in order, or summed over the lanes in a fixed tree
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const DH: u32 = 4u;
const DH4 = DH / 4u;
struct Sizes { B: u32, Q: u32, H: u32 }
@group(0) @binding(0) var<storage, read> out: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  if (lane_has_no_row(wanted, sizes.B * sizes.H * sizes.Q)) { return; }
  let index = min(wanted, sizes.B * sizes.H * sizes.Q - 1u);
  let lane = local % LANES;
  let i = index % sizes.Q;
  let h = (index / sizes.Q) % sizes.H;
  let b = index / (sizes.Q * sizes.H);
  let at = ((b * sizes.Q + i) * sizes.H + h) * DH4;
  var own = 0.0;
  for (var n = 0u; n < (DH4 + LANES - 1u) / LANES; n++) {
    let d = n * LANES + lane;
    if (d < DH4) { own += dot(out[at + d], d_out[at + d]); }
  }
  own = sum_over_lanes(local, vec2f(own, 0.0)).x;
  if (lane == 0u && wanted == index) { stats[index] = vec2f(lse[index], own); }
}
