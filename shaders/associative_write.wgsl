// associative_write: out[b,k,w] = (ADD ? base[b,k,w] : 0) + Σ_r keys[b,r,k] · values[b,r,w]
// Layout    one invocation per four keys and four columns, rows in order: two loads for sixteen multiply-adds
// Shapes    base, out (B,K,W) · keys (B,R,K) · values (B,R,W); K, W multiples of 4
// Numerics  f32, r in order: deterministic, no atomics
// Source    Rodkin et al. 2024, arXiv:2407.04841
const ADD: bool = false;
struct Sizes { B: u32, R: u32, K: u32, W: u32 }
@group(0) @binding(0) var<storage, read> base: array<vec4f>;
@group(0) @binding(1) var<storage, read> keys: array<vec4f>;
@group(0) @binding(2) var<storage, read> values: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn store(at: u32, product: vec4f) {
  var sum = product;
  if (ADD) { sum += base[at]; }
  out[at] = sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let width = sizes.W / 4u;
  let depth = sizes.K / 4u;
  let w = index % width;
  let b = (index / width) / depth;
  if (b >= sizes.B) { return; }
  let k = (index / width) % depth;
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);
  for (var r = 0u; r < sizes.R; r++) {
    let key = keys[(b * sizes.R + r) * depth + k];
    let value = values[(b * sizes.R + r) * width + w];
    sum0 += key.x * value;
    sum1 += key.y * value;
    sum2 += key.z * value;
    sum3 += key.w * value;
  }
  let at = (b * sizes.K + k * 4u) * width + w;
  store(at, sum0);
  store(at + width, sum1);
  store(at + 2u * width, sum2);
  store(at + 3u * width, sum3);
}
