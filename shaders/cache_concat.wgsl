// cache_concat: out[b,p] = p < CACHE ? cache[b,p] : hidden[b,p-CACHE]
// Layout    one invocation per row and four channels
// Shapes    cache (B,CACHE,D) · hidden (B,S,D) · out (B,CACHE+S,D); D a multiple of 4
// Numerics  a copy, exact
// Source    Dai et al. 2019, arXiv:1901.02860: no gradient flows into the cache
struct Sizes { B: u32, S: u32, D: u32, CACHE: u32 }
@group(0) @binding(0) var<storage, read> cache: array<vec4f>;
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let c = index % (sizes.D / 4u);
  let row = index / (sizes.D / 4u);
  let b = row / (sizes.CACHE + sizes.S);
  let p = row % (sizes.CACHE + sizes.S);
  if (b >= sizes.B) { return; }
  if (p < sizes.CACHE) { out[index] = cache[(b * sizes.CACHE + p) * (sizes.D / 4u) + c]; }
  else { out[index] = hidden[(b * sizes.S + p - sizes.CACHE) * (sizes.D / 4u) + c]; }
}
