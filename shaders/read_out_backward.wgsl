// read_out_backward: d_hidden[b,s] = (s in the head's rows ? d_head[b,s-HEAD] : 0) + (s = at(m) and started[b] ? d_next[b,m] : 0)
//                    d_memory[b,m] = started[b] ? 0 : d_next[b,m]
// Layout    one invocation per position and four channels
// Shapes    d_next, d_memory (B,M,D) · d_head (B,ROWS,D) · started, lengths (B) u32 · d_hidden (B,S,D); D a multiple of 4
// Numerics  a copy, or one f32 rounding where both terms apply
// Source    Bulatov et al. 2023, arXiv:2304.11062, and 2022, arXiv:2207.06881
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32, HEAD: u32, ROWS: u32 }
@group(0) @binding(0) var<storage, read> d_next: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_head: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> d_hidden: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> d_memory: array<vec4f>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.S) { return; }
  let b = row / sizes.S;
  let s = row % sizes.S;
  var value = vec4f(0.0);
  if (s >= sizes.HEAD && s < sizes.HEAD + sizes.ROWS) { value = d_head[(b * sizes.ROWS + s - sizes.HEAD) * (sizes.D / 4u) + c]; }
  let first = read_position(0u, lengths[b]);
  if (s >= first && s < first + sizes.M) {
    let at = (b * sizes.M + s - first) * (sizes.D / 4u) + c;
    let d = d_next[at];
    if (started[b] != 0u) {
      value += d;
      d_memory[at] = vec4f(0.0);
    } else {
      d_memory[at] = d;
    }
  }
  d_hidden[index] = value;
}
