// linear_backward_weight: d_weight[n,k] += Σ_r d_out[r,n] · inp[r,k];  d_bias[n] += Σ_r d_out[r,n]
// Layout    one invocation per 8 rows (n) × 4 columns (k) of d_weight; those of column 0 also sum the bias
// Shapes    d_out (R,N) · inp (R,K) · d_weight (N,K) · d_bias (N); K, N multiples of 4, any R
// Numerics  f32, r in order: deterministic, no atomics
const R: u32 = 1u;
const N: u32 = 4u;
const K: u32 = 4u;
const HAS_BIAS: bool = true;
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> d_weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_bias: array<vec4f>;

fn store(row: u32, col: u32, product: vec4f) {
  if (row >= N) { return; }
  d_weight[row * (K / 4u) + col] += product;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let col = index % (K / 4u);
  let row = (index / (K / 4u)) * 8u;
  if (row >= N) { return; }
  let n_lo = row / 4u;
  let n_hi = min(n_lo + 1u, N / 4u - 1u);
  var t: Tile;
  var bias_lo = vec4f(0.0);
  var bias_hi = vec4f(0.0);
  for (var r4 = 0u; r4 < (R + 3u) / 4u; r4++) {
    // The rows past the end count as zero.
    let r = r4 * 4u;
    let r1 = min(r + 1u, R - 1u);
    let r2 = min(r + 2u, R - 1u);
    let r3 = min(r + 3u, R - 1u);
    let in1 = f32(r + 1u < R);
    let in2 = f32(r + 2u < R);
    let in3 = f32(r + 3u < R);
    let lo = mat4x4f(d_out[r * (N / 4u) + n_lo], in1 * d_out[r1 * (N / 4u) + n_lo], in2 * d_out[r2 * (N / 4u) + n_lo], in3 * d_out[r3 * (N / 4u) + n_lo]);
    let hi = mat4x4f(d_out[r * (N / 4u) + n_hi], in1 * d_out[r1 * (N / 4u) + n_hi], in2 * d_out[r2 * (N / 4u) + n_hi], in3 * d_out[r3 * (N / 4u) + n_hi]);
    let b = mat4x4f(inp[r * (K / 4u) + col], inp[r1 * (K / 4u) + col], inp[r2 * (K / 4u) + col], inp[r3 * (K / 4u) + col]);
    t = multiply(t, transpose(lo), transpose(hi), b);
    if (HAS_BIAS && col == 0u) {
      bias_lo += lo[0] + lo[1] + lo[2] + lo[3];
      bias_hi += hi[0] + hi[1] + hi[2] + hi[3];
    }
  }
  store_tile(row, col, t);
  if (HAS_BIAS && col == 0u) {
    d_bias[n_lo] += bias_lo;
    if (n_hi != n_lo) { d_bias[n_hi] += bias_hi; }
  }
}
