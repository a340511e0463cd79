// linear_gelu_forward: pre[r,n] = Σ_k inp[r,k] · weight[n,k] + bias[n];  out = gelu(pre)
// Layout    as linear_forward
// Shapes    inp (R,K) · weight (N,K) · bias (N) · pre, out (R,N); K, N multiples of 4
// Caches    pre, for the derivative in linear_backward_input
// Source    Hendrycks & Gimpel 2016, arXiv:1606.08415
const R: u32 = 8u;
const N: u32 = 4u;
const K: u32 = 4u;
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pre: array<vec4f>;

fn store(row: u32, col: u32, product: vec4f) {
  if (row >= R) { return; }
  let value = product + bias[col];
  pre[row * (N / 4u) + col] = value;
  out[row * (N / 4u) + col] = gelu(value);
}
