// linear_backward_weight: d_weight[n,k] += Σ_r d_out[r,n] · inp[r,k];  d_bias[n] += Σ_r d_out[r,n]
// Layout    as the product's variant; the invocations of column 0 also sum the bias
// Shapes    d_out (R,N) · inp (R,K) · d_weight (N,K) · d_bias (N); K, N multiples of 4, any R
// Numerics  f32, r in order: deterministic, no atomics
const HAS_BIAS: bool = true;
struct Sizes { R: u32, N: u32, K: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> d_weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_bias: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

const A_ACROSS = true;
const B_ACROSS = true;
const SUMS = HAS_BIAS;
fn shape() -> Shape { return Shape(sizes.N, sizes.K, sizes.R, sizes.N / 4u, sizes.K / 4u); }
fn a_load(at: u32) -> vec4f { return d_out[at]; }
fn b_load(at: u32) -> vec4f { return inp[at]; }
fn store_sums(vec: u32, sums: vec4f) {
  if (vec < sizes.N / 4u) { d_bias[vec] += sums; }
}

fn store(size: Shape, row: u32, col: u32, product: vec4f) {
  if (row >= size.rows || col >= size.cols / 4u) { return; }
  d_weight[row * (size.cols / 4u) + col] += product;
}
