// linear_backward_input: d_inp[r,k] (=|+=) (Σ_n d_out[r,n] · weight[n,k]) · f'(pre[r,k])
// Layout    as the product's variant
// Shapes    d_out (R,N) · weight (N,K) · pre, d_inp (R,K); K, N multiples of 4
// Numerics  f32, n in order. ACTIVATION 0: f' = 1; otherwise the layer's input was f(pre)
const ACCUMULATE: bool = false;
struct Sizes { R: u32, N: u32, K: u32 }
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> pre: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_inp: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

const A_ACROSS = false;
const B_ACROSS = true;
const SUMS = false;
fn shape() -> Shape { return Shape(sizes.R, sizes.K, sizes.N, sizes.N / 4u, sizes.K / 4u); }
fn a_load(at: u32) -> vec4f { return d_out[at]; }
fn b_load(at: u32) -> vec4f { return weight[at]; }
fn store_sums(vec: u32, sums: vec4f) {}

fn store(size: Shape, row: u32, col: u32, product: vec4f) {
  if (row >= size.rows || col >= size.cols / 4u) { return; }
  let at = row * (size.cols / 4u) + col;
  var value = product;
  if (ACTIVATION != 0u) { value *= activation_derivative(pre[at]); }
  if (ACCUMULATE) { value += d_inp[at]; }
  d_inp[at] = value;
}
