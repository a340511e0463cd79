// linear_backward_weight: d_weight[n,k] += Σ_r d_out[r,n] · inp[r,k];  d_bias[n] += Σ_r d_out[r,n]
// Layout    as the product's variant; those of column 0 also sum the bias
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

const ROWS = N;
const COLS = K;
const INNER = R;
const A_ACROSS = true;
const B_ACROSS = true;
const SUMS = HAS_BIAS;
fn a_load(at: u32, vec: u32) -> vec4f { return d_out[at * (N / 4u) + vec]; }
fn b_load(at: u32, vec: u32) -> vec4f { return inp[at * (K / 4u) + vec]; }
fn store_sums(vec: u32, sums: vec4f) {
  if (vec < N / 4u) { d_bias[vec] += sums; }
}

fn store(row: u32, col: u32, product: vec4f) {
  if (row >= N || col >= K / 4u) { return; }
  d_weight[row * (K / 4u) + col] += product;
}
