// softmax_cross_entropy: result[r] = (-ln p[r, label], argmax_c logits);  d_logits[r,c] = row_weight[r] · (p[r,c] - [c = label])
// Layout    one invocation per row
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
  let row = (wg.x + wg.y * groups.x) * 64u + local;
  if (row >= sizes.R) { return; }
  let base = row * sizes.COLUMNS;
  var highest = logits[base];
  var best = 0u;
  for (var c = 1u; c < sizes.C; c++) {
    let value = logits[base + c];
    if (value > highest) {
      highest = value;
      best = c;
    }
  }
  var sum = 0.0;
  for (var c = 0u; c < sizes.C; c++) { sum += exp(logits[base + c] - highest); }
  let log_sum = highest + log(sum);
  let label = labels[row];
  let weight = row_weight[row];
  for (var c = 0u; c < sizes.C; c++) {
    let p = exp(logits[base + c] - log_sum);
    d_logits[base + c] = weight * (p - f32(c == label));
  }
  for (var c = sizes.C; c < sizes.COLUMNS; c++) { d_logits[base + c] = 0.0; }
  result[row] = vec2f(log_sum - logits[base + label], f32(best));
}
