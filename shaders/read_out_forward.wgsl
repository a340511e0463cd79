// read_out_forward: next[b,m] = started[b] ? hidden[b,at(m)] + NOISE · n : memory[b,m];  head[b,r] = hidden[b,HEAD+r];  n ~ N(0, 1)
// Layout    one invocation per row of (B, ROWS+M) and four channels
// Shapes    hidden (B,S,D) · memory, next (B,M,D) · started, lengths (B) u32 · counter (4) u32 · head (B,ROWS,D); D a multiple of 4
// Numerics  n comes from (element, STREAM, counter), as dropout's masks do; NOISE is 0 outside training
// Source    the memory tokens' read-out: Bulatov et al. 2023, arXiv:2304.11062, and 2022, arXiv:2207.06881; a sequence
//           that has not started keeps its memory
const B: u32 = 1u;
const S: u32 = 2u;
const D: u32 = 4u;
const HEAD: u32 = 0u;
const ROWS: u32 = 1u;
const NOISE: f32 = 0.0;
const STREAM: u32 = 0u;
@group(0) @binding(0) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(1) var<storage, read> memory: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> counter: array<u32>;
@group(0) @binding(5) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> head: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (D / 4u);
  let row = index / (D / 4u);
  let b = row / (ROWS + M);
  let r = row % (ROWS + M);
  if (b >= B) { return; }
  if (r < ROWS) {
    head[(b * ROWS + r) * (D / 4u) + c] = hidden[(b * S + HEAD + r) * (D / 4u) + c];
    return;
  }
  let m = r - ROWS;
  let at = (b * M + m) * (D / 4u) + c;
  if (started[b] == 0u) {
    next[at] = memory[at];
    return;
  }
  var value = hidden[(b * S + read_position(m, lengths[b])) * (D / 4u) + c];
  if (NOISE > 0.0) { value += NOISE * normal4(index, STREAM, vec2u(counter[0], counter[1])); }
  next[at] = value;
}
