// embedding_backward_memory: d_memory[b,m] (=|+=) Σ d_out[b,s]  over the positions s of memory vector m
// Layout    one invocation per memory token and four channels
// Shapes    d_out (B,S,D) · lengths (B) u32 · d_memory (B,M,D); D a multiple of 4
// Numerics  f32, one or two terms per element
// Source    Bulatov et al. 2023, arXiv:2304.11062, and 2022, arXiv:2207.06881
const ACCUMULATE: bool = false;
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read_write> d_memory: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.M) { return; }
  let b = row / sizes.M;
  let m = row % sizes.M;
  var value = vec4f(0.0);
  if (FRONT) { value += d_out[(b * sizes.S + sizes.FIRST + m) * (sizes.D / 4u) + c]; }
  if (AT_END) { value += d_out[(b * sizes.S + lengths[b] - sizes.M + m) * (sizes.D / 4u) + c]; }
  if (ACCUMULATE) { value += d_memory[index]; }
  d_memory[index] = value;
}
