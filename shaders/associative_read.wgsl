// associative_read: out[b,r,w] = Σ_k keys[b,r,k] · state[b,k,w]
// Layout    one invocation per four rows and four columns, so that a load of the state serves four rows
// Shapes    keys (B,R,K) · state (B,K,W) · out (B,R,W); K, W multiples of 4
// Numerics  f32, k in order
// Source    Rodkin et al. 2024, arXiv:2407.04841
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> keys: array<vec4f>;
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn product(key: vec4f, s0: vec4f, s1: vec4f, s2: vec4f, s3: vec4f) -> vec4f {
  return key.x * s0 + key.y * s1 + key.z * s2 + key.w * s3;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let width = sizes.W / 4u;
  let depth = sizes.K / 4u;
  let w = index % width;
  let fours = (sizes.R + 3u) / 4u;
  let b = (index / width) / fours;
  if (b >= sizes.B) { return; }
  let r = ((index / width) % fours) * 4u;
  let first = b * sizes.R + r;
  // Rows past the end repeat the last one and are not stored.
  let last = (b + 1u) * sizes.R - 1u;
  let base = b * sizes.K * width + w;
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var k = 0u; k < depth; k++) {
    let at = base + k * sizes.W;
    let s0 = state[at];
    let s1 = state[at + width];
    let s2 = state[at + 2u * width];
    let s3 = state[at + 3u * width];
    sum0 += product(keys[first * depth + k], s0, s1, s2, s3);
    sum1 += product(keys[min(first + 1u, last) * depth + k], s0, s1, s2, s3);
    sum2 += product(keys[min(first + 2u, last) * depth + k], s0, s1, s2, s3);
    sum3 += product(keys[min(first + 3u, last) * depth + k], s0, s1, s2, s3);
  }
  out[first * width + w] = sum0;
  if (first + 1u <= last) { out[(first + 1u) * width + w] = sum1; }
  if (first + 2u <= last) { out[(first + 2u) * width + w] = sum2; }
  if (first + 3u <= last) { out[(first + 3u) * width + w] = sum3; }
}
