// associative_match: out[b,r,k] (=|+=) Σ_w values[b,r,w] · state[b,k,w]
// Layout    one invocation per four rows and four keys, so that a load of the state serves four rows
// Shapes    values (B,R,W) · state (B,K,W) · out (B,R,K); K, W multiples of 4
// Numerics  f32, fixed order
// Source    the gradient of the keys, of reads and of writes; Rodkin et al. 2024, arXiv:2407.04841
const ACCUMULATE: bool = false;
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read> state: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn products(value: vec4f, s0: vec4f, s1: vec4f, s2: vec4f, s3: vec4f) -> vec4f {
  return vec4f(dot(value, s0), dot(value, s1), dot(value, s2), dot(value, s3));
}

fn store(row: u32, k: u32, product: vec4f) {
  let at = row * (sizes.K / 4u) + k;
  var sum = product;
  if (ACCUMULATE) { sum += out[at]; }
  out[at] = sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let width = sizes.W / 4u;
  let k = index % (sizes.K / 4u);
  let fours = (sizes.R + 3u) / 4u;
  let b = (index / (sizes.K / 4u)) / fours;
  if (b >= sizes.B) { return; }
  let first = b * sizes.R + ((index / (sizes.K / 4u)) % fours) * 4u;
  // Rows past the end repeat the last one and are not stored.
  let last = (b + 1u) * sizes.R - 1u;
  let base = (b * sizes.K + k * 4u) * width;
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var w = 0u; w < width; w++) {
    let at = base + w;
    let s0 = state[at];
    let s1 = state[at + width];
    let s2 = state[at + 2u * width];
    let s3 = state[at + 3u * width];
    sum0 += products(values[first * width + w], s0, s1, s2, s3);
    sum1 += products(values[min(first + 1u, last) * width + w], s0, s1, s2, s3);
    sum2 += products(values[min(first + 2u, last) * width + w], s0, s1, s2, s3);
    sum3 += products(values[min(first + 3u, last) * width + w], s0, s1, s2, s3);
  }
  store(first, k, sum0);
  if (first + 1u <= last) { store(first + 1u, k, sum1); }
  if (first + 2u <= last) { store(first + 2u, k, sum2); }
  if (first + 3u <= last) { store(first + 3u, k, sum3); }
}
