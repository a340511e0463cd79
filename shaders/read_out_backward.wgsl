// read_out_backward: d_hidden[b,0] = row_weight[b] ≠ 0 ? d_cls[b] : 0
//                    d_hidden[b,m+1] = started[b] ? d_next[b,m] : 0;  the other rows 0
//                    d_memory[b,m] = started[b] ? 0 : d_next[b,m]
// Layout    one invocation per position and four channels
// Shapes    d_next, d_memory (B,M,D) · d_cls (B,D) · started (B) u32 · row_weight (B) · d_hidden (B,S,D); D a multiple of 4
// Numerics  where a row bears no loss the head's backward did not run, and d_cls is not read
const B: u32 = 1u;
const S: u32 = 2u;
const D: u32 = 4u;
const M: u32 = 1u;
@group(0) @binding(0) var<storage, read> d_next: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_cls: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> row_weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_hidden: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> d_memory: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (D / 4u);
  let row = index / (D / 4u);
  if (row >= B * S) { return; }
  let b = row / S;
  let s = row % S;
  var value = vec4f(0.0);
  if (s == 0u) {
    if (row_weight[b] != 0.0) { value = d_cls[b * (D / 4u) + c]; }
  } else if (s <= M) {
    let at = (b * M + s - 1u) * (D / 4u) + c;
    let d = d_next[at];
    let has_text = started[b] != 0u;
    value = select(vec4f(0.0), d, has_text);
    d_memory[at] = select(d, vec4f(0.0), has_text);
  }
  d_hidden[index] = value;
}
