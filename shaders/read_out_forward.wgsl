// read_out_forward: next[b,m] = started[b] ? hidden[b,m+1] + NOISE · n : memory[b,m];  cls[b] = hidden[b,0];  n ~ N(0, 1)
// Layout    one invocation per row of (B, M+1) and four channels
// Shapes    hidden (B,S,D) · memory, next (B,M,D) · started (B) u32 · counter (4) u32 · cls (B,D); D a multiple of 4
// Numerics  n comes from (element, STREAM, counter), as dropout's masks do; NOISE is 0 outside training
// Source    the memory tokens' read-out: Bulatov et al. 2023, arXiv:2304.11062; a sequence that has not started keeps its memory
const B: u32 = 1u;
const S: u32 = 2u;
const D: u32 = 4u;
const M: u32 = 1u;
const NOISE: f32 = 0.0;
const STREAM: u32 = 0u;
@group(0) @binding(0) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(1) var<storage, read> memory: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> counter: array<u32>;
@group(0) @binding(4) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> cls: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (D / 4u);
  let row = index / (D / 4u);
  let b = row / (M + 1u);
  let s = row % (M + 1u);
  if (b >= B) { return; }
  var value = hidden[(b * S + s) * (D / 4u) + c];
  if (s == 0u) {
    cls[b * (D / 4u) + c] = value;
    return;
  }
  if (NOISE > 0.0) { value += NOISE * normal4(index, STREAM, vec2u(counter[0], counter[1])); }
  let at = (b * M + s - 1u) * (D / 4u) + c;
  if (started[b] != 0u) { next[at] = value; } else { next[at] = memory[at]; }
}
