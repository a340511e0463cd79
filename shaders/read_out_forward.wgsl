// read_out_forward: next[b,m] = started[b] ? hidden[b,at(m)] + NOISE · n : memory[b,m];  head[b,r] = hidden[b,HEAD+r];  n ~ N(0, 1)
// Layout    one invocation per row of (B, ROWS+M) and four channels
// Shapes    hidden (B,S,D) · memory, next (B,M,D) · started, lengths (B) u32 · counter (4) u32 · head (B,ROWS,D); D a multiple of 4
// Numerics  n comes from (element, STREAM, counter), as dropout's masks do; NOISE is 0 outside training
// Source    the memory tokens' read-out: Bulatov et al. 2023, arXiv:2304.11062, and 2022, arXiv:2207.06881; a sequence
//           that has not started keeps its memory
const NOISE: f32 = 0.0;
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32, HEAD: u32, ROWS: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(1) var<storage, read> memory: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> counter: array<u32>;
@group(0) @binding(5) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> head: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let row = index / (sizes.D / 4u);
  let b = row / (sizes.ROWS + sizes.M);
  let r = row % (sizes.ROWS + sizes.M);
  if (b >= sizes.B) { return; }
  if (r < sizes.ROWS) {
    head[(b * sizes.ROWS + r) * (sizes.D / 4u) + c] = hidden[(b * sizes.S + sizes.HEAD + r) * (sizes.D / 4u) + c];
    return;
  }
  let m = r - sizes.ROWS;
  let at = (b * sizes.M + m) * (sizes.D / 4u) + c;
  if (started[b] == 0u) {
    next[at] = memory[at];
    return;
  }
  var value = hidden[(b * sizes.S + read_position(m, lengths[b])) * (sizes.D / 4u) + c];
  if (NOISE > 0.0) { value += NOISE * normal4(index, sizes.STREAM, vec2u(counter[0], counter[1])); }
  next[at] = value;
}
