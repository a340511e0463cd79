// cache_concat: out[b,p] = p < CACHE ? cache[b,p] : hidden[b,p-CACHE]
// Layout    one invocation per row and four channels
// Shapes    cache (B,CACHE,D) · hidden (B,S,D) · out (B,CACHE+S,D); D a multiple of 4
// Source    Dai et al. 2019, arXiv:1901.02860: no gradient goes back into the cache
const B: u32 = 1u;
const S: u32 = 1u;
const D: u32 = 4u;
const CACHE: u32 = 1u;
@group(0) @binding(0) var<storage, read> cache: array<vec4f>;
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (D / 4u);
  let row = index / (D / 4u);
  let b = row / (CACHE + S);
  let p = row % (CACHE + S);
  if (b >= B) { return; }
  if (p < CACHE) { out[index] = cache[(b * CACHE + p) * (D / 4u) + c]; }
  else { out[index] = hidden[(b * S + p - CACHE) * (D / 4u) + c]; }
}
