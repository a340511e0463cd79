// embedding_forward: out[b,s] = (s = a position of memory vector m ? memory[b,m] : SCALE · word[ids[b,s]]) + position[s] + token_type[0]
// Layout    one invocation per position and four channels
// Shapes    ids (B,S), lengths (B) u32 · word (V,D) · position (P,D), P ≥ S: with LAST_POSITIONS, memory vector m has row P-M+m · token_type (≥1,D) · memory (B,M,D) · out (B,S,D); D a multiple of 4
// Numerics  f32, summed in the order of the formula
// Source    memory tokens inserted in front: Bulatov et al. 2023, arXiv:2304.11062, section 3; in front and at the end:
//           Bulatov et al. 2022, arXiv:2207.06881. SCALE = √D in Transformer-XL, arXiv:1901.02860
const SCALE: f32 = 1.0;
const HAS_POSITION: bool = true;
const HAS_TYPE: bool = true;
const LAST_POSITIONS: bool = false;
struct Sizes { M: u32, FIRST: u32, B: u32, S: u32, D: u32, P: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> word: array<vec4f>;
@group(0) @binding(3) var<storage, read> position: array<vec4f>;
@group(0) @binding(4) var<storage, read> token_type: array<vec4f>;
@group(0) @binding(5) var<storage, read> memory: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let row = index / (sizes.D / 4u);
  if (row >= sizes.B * sizes.S) { return; }
  let b = row / sizes.S;
  let s = row % sizes.S;
  let slot = memory_slot(s, lengths[b]);
  var value: vec4f;
  if (slot < sizes.M) {
    value = memory[(b * sizes.M + slot) * (sizes.D / 4u) + c];
  } else {
    value = SCALE * word[ids[row] * (sizes.D / 4u) + c];
  }
  let place = select(s, sizes.P - sizes.M + slot, LAST_POSITIONS && slot < sizes.M);
  if (HAS_POSITION) { value += position[place * (sizes.D / 4u) + c]; }
  if (HAS_TYPE) { value += token_type[c]; }
  out[index] = value;
}
