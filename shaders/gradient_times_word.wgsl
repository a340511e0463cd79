// gradient_times_word: out[b,s] = Σ_c d_out[b,s,c] · SCALE · word[ids[b,s],c];  0 for memory and padding
// Layout    one invocation per position
// Shapes    ids (B,S), lengths (B) u32 · word (V,D) · d_out (B,S,D), the gradient of the embeddings · out (B,S); D a multiple of 4
// Numerics  f32, four partial sums
// Source    gradient × input: Shrikumar et al. 2016, arXiv:1605.01713
const SCALE: f32 = 1.0;
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> word: array<vec4f>;
@group(0) @binding(3) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (wg.x + wg.y * groups.x) * 64u + local;
  if (row >= sizes.B * sizes.S) { return; }
  let length = lengths[row / sizes.S];
  let s = row % sizes.S;
  if (s >= length || memory_slot(s, length) < sizes.M) {
    out[row] = 0.0;
    return;
  }
  let vectors = sizes.D / 4u;
  var sum = vec4f(0.0);
  for (var c = 0u; c < vectors; c++) { sum += d_out[row * vectors + c] * word[ids[row] * vectors + c]; }
  out[row] = SCALE * (sum.x + sum.y + sum.z + sum.w);
}
