// linear_activation_forward: pre[r,n] = Σ_k inp[r,k] · weight[n,k] + bias[n];  out = f(pre)
// Layout    as linear_forward; f is gelu, gelu_new or relu
// Shapes    inp (R,K) · weight (N,K) · bias (N) · pre, out (R,N); K, N multiples of 4
// Caches    pre, for the derivative in linear_backward_input
const R: u32 = 8u;
const N: u32 = 4u;
const K: u32 = 4u;
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pre: array<vec4f>;

fn store(row: u32, col: u32, product: vec4f) {
  if (row >= R || col >= N / 4u) { return; }
  let value = product + bias[col];
  pre[row * (N / 4u) + col] = value;
  out[row * (N / 4u) + col] = activate(value);
}
