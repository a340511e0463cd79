// embedding_backward_word: d_word[bucket_ids[k]] += SCALE · Σ d_out[row]  over the rows of bucket k
// Layout    one invocation per bucket and four channels. The host sorts the rows of equal ids into buckets (CSR):
//           bucket k holds rows[starts[k]] … rows[starts[k+1]-1]
// Shapes    d_out (R,D) · bucket_ids (BUCKETS) · starts (BUCKETS+1) · rows (≤R), u32 · d_word (V,D); D a multiple of 4
// Numerics  f32, rows in order; no two buckets share an id, so there are no races and no atomics
const SCALE: f32 = 1.0;
struct Sizes { D: u32, BUCKETS: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> bucket_ids: array<u32>;
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_word: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let bucket = index / (sizes.D / 4u);
  if (bucket >= sizes.BUCKETS) { return; }
  let first = starts[bucket];
  let end = starts[bucket + 1u];
  // Unused buckets are empty and must not write to their id's row.
  if (first == end) { return; }
  var sum = vec4f(0.0);
  for (var i = first; i < end; i++) { sum += d_out[rows[i] * (sizes.D / 4u) + c]; }
  d_word[bucket_ids[bucket] * (sizes.D / 4u) + c] += SCALE * sum;
}
