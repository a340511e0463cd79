// recall_forward: out[b,s,c] = hidden[b,s,c] + (phase[b] = 2 ? found[b,s,c] / (found[b,s,D] + 1e-5) : 0)
// Layout    one invocation per row and four channels
// Shapes    hidden, out (B,S,D) · found (B,S,D+4): the values read, then the normaliser · phase (B) u32: 0 not started,
//           1 first segment, 2 later segment; D a multiple of 4
// Numerics  1e-5 in the denominator, as in the published code
// Source    Rodkin et al. 2024, arXiv:2407.04841; nothing is recalled in the first segment
struct Sizes { B: u32, S: u32, D: u32 }
@group(0) @binding(0) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(1) var<storage, read> found: array<vec4f>;
@group(0) @binding(2) var<storage, read> phase: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.S) { return; }
  var value = hidden[index];
  if (phase[row / sizes.S] == 2u) {
    let base = row * (sizes.D / 4u + 1u);
    value += found[base + index % (sizes.D / 4u)] / (found[base + sizes.D / 4u].x + 1e-5);
  }
  out[index] = value;
}
