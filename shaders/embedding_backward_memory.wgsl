// embedding_backward_memory: d_memory[b,m] (=|+=) Σ d_out[b,s]  over the positions s that bear memory vector m
// Layout    one invocation per memory token and four channels
// Shapes    d_out (B,S,D) · lengths (B) u32 · d_memory (B,M,D); D a multiple of 4
const B: u32 = 1u;
const S: u32 = 2u;
const D: u32 = 4u;
const ACCUMULATE: bool = false;
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read_write> d_memory: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (D / 4u);
  let row = index / (D / 4u);
  if (row >= B * M) { return; }
  let b = row / M;
  let m = row % M;
  var value = vec4f(0.0);
  if (FRONT) { value += d_out[(b * S + FIRST + m) * (D / 4u) + c]; }
  if (AT_END) { value += d_out[(b * S + lengths[b] - M + m) * (D / 4u) + c]; }
  if (ACCUMULATE) { value += d_memory[index]; }
  d_memory[index] = value;
}
