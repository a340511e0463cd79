// linear_activation_forward: pre[r,n] = Σ_k inp[r,k] · weight[n,k] + bias[n];  out = f(pre)
// Layout    as linear_forward; f is gelu, gelu_new or relu
// Shapes    inp (R,K) · weight (N,K) · bias (N) · pre, out (R,N); K, N multiples of 4
// Layers    as linear_forward
// Caches    pre, for the derivative in linear_backward_input
// Numerics  f32, k in order; f as in lib/activation
// Source    Hendrycks & Gimpel 2016, arXiv:1606.08415 (gelu)
struct Sizes { R: u32, N: u32, K: u32, LAYERS: u32, STRIDE: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pre: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn store(size: Shape, row: u32, col: u32, product: vec4f) {
  if (row >= size.rows || col >= size.cols / 4u) { return; }
  let value = product + bias[layer_first + col];
  let at = out_first + row * (size.cols / 4u) + col;
  pre[at] = value;
  out[at] = activate(value);
}
