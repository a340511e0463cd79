// cache_update: next[b] = the last CACHE rows of (cache[b], hidden[b, 0 … length-1]); cache[b] itself where the row has not started
// Layout    one invocation per row and four channels
// Shapes    cache, next (B,CACHE,D) · hidden (B,S,D) · started (B) u32 · extents (B,2) u32: length first; D a multiple of 4
// Numerics  a copy, exact
// Source    Dai et al. 2019, arXiv:1901.02860, section 3.2
struct Sizes { B: u32, S: u32, D: u32, CACHE: u32 }
@group(0) @binding(0) var<storage, read> cache: array<vec4f>;
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(2) var<storage, read> started: array<u32>;
@group(0) @binding(3) var<storage, read> extents: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> next: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let row = index / (sizes.D / 4u);
  let c = index % (sizes.D / 4u);
  if (row >= sizes.B * sizes.CACHE) { return; }
  let b = row / sizes.CACHE;
  var source = row % sizes.CACHE;
  if (started[b] != 0u) { source += extents[b].x; }
  if (source < sizes.CACHE) { next[index] = cache[(b * sizes.CACHE + source) * (sizes.D / 4u) + c]; }
  else { next[index] = hidden[(b * sizes.S + source - sizes.CACHE) * (sizes.D / 4u) + c]; }
}
