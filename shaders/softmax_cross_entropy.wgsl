// softmax_cross_entropy: result[r] = (-ln p[r, label], argmax_c logits);  d_logits[r,c] = row_weight[r] · (p[r,c] - [c = label])
// Layout    LANES invocations (lib/lanes, or one) per row, which stride over its columns
// Shapes    logits, d_logits (R,COLUMNS), of which C are classes and the rest padding (their gradient is 0) ·
//           labels (R) u32 · row_weight (R) · result (R,2)
// Numerics  the maximum is subtracted before exp. The loss of the batch is Σ_r row_weight[r] · result[r].x
struct Sizes { R: u32, C: u32, COLUMNS: u32 }
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> row_weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_logits: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<vec2f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let wanted = ((wg.x + wg.y * groups.x) * 64u + local) / LANES;
  if (lane_has_no_row(wanted, sizes.R)) { return; }
  let row = min(wanted, sizes.R - 1u);
  let base = row * sizes.COLUMNS;
  let classes = sizes.C;
  let lane = local % LANES;
  // A lane without a class repeats the first.
  var own = Highest(logits[base], 0u);
  for (var c = lane; c < classes; c += LANES) {
    let value = logits[base + c];
    if (value > own.value) { own = Highest(value, c); }
  }
  let best = highest_over_lanes(local, own);
  var part = 0.0;
  for (var c = lane; c < classes; c += LANES) { part += exp(logits[base + c] - best.value); }
  let log_sum = best.value + log(sum_over_lanes(local, vec2f(part, 0.0)).x);
  if (wanted >= sizes.R) { return; }
  let label = labels[row];
  let weight = row_weight[row];
  for (var c = lane; c < classes; c += LANES) {
    let p = exp(logits[base + c] - log_sum);
    d_logits[base + c] = weight * (p - f32(c == label));
  }
  for (var c = classes + lane; c < sizes.COLUMNS; c += LANES) { d_logits[base + c] = 0.0; }
  if (lane == 0u) { result[row] = vec2f(log_sum - logits[base + label], f32(best.at)); }
}
