// share_words: inout[b,s] -= (1 − share[b]) · SCALE · word[ids[b,s]];  unchanged for memory and padding
// Layout    one invocation per position and four channels
// Shapes    ids (B,S), lengths (B) u32 · word (V,D) · share (B) · inout (B,S,D), embeddings; D a multiple of 4
// Numerics  f32; a share of 1 changes no bit
// Source    the straight path of integrated gradients, from a baseline without words: Sundararajan et al. 2017,
//           arXiv:1703.01365
const SCALE: f32 = 1.0;
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> word: array<vec4f>;
@group(0) @binding(3) var<storage, read> share: array<f32>;
@group(0) @binding(4) var<storage, read_write> inout: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let vectors = sizes.D / 4u;
  let row = index / vectors;
  if (row >= sizes.B * sizes.S) { return; }
  let b = row / sizes.S;
  let s = row % sizes.S;
  let length = lengths[b];
  if (s >= length || memory_slot(s, length) < sizes.M || share[b] == 1.0) { return; }
  inout[index] -= (1.0 - share[b]) * SCALE * word[ids[row] * vectors + index % vectors];
}
