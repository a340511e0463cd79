// linear_forward: out[r,n] = act(Σ_k inp[r,k] · weight[n,k] + bias[n]) + residual[r,n]
// Layout    as the product's variant: product_registers, product_quads or product_workgroup
// Shapes    inp (R,K) · weight (N,K) as in torch.nn.Linear · bias (N) · residual, out (R,N); K, N multiples of 4
// Layers    with LAYERED, weight and bias of several layers, each STRIDE numbers after the one before it: layer l takes the
//           l-th of R / LAYERS rows each
// Numerics  f32, k in order. ACTIVATION 0 none, 1 tanh
const ACTIVATION: u32 = 0u;
const HAS_BIAS: bool = true;
const HAS_RESIDUAL: bool = false;
struct Sizes { R: u32, N: u32, K: u32, LAYERS: u32, STRIDE: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn store(size: Shape, row: u32, col: u32, product: vec4f) {
  if (row >= size.rows || col >= size.cols / 4u) { return; }
  var value = product;
  if (HAS_BIAS) { value += bias[layer_first + col]; }
  // Beyond ±20 tanh is ±1 in f32, and adapters that compute it from exp overflow to NaN.
  if (ACTIVATION == 1u) { value = tanh(clamp(value, vec4f(-20.0), vec4f(20.0))); }
  if (HAS_RESIDUAL) { value += residual[out_first + row * (size.cols / 4u) + col]; }
  out[out_first + row * (size.cols / 4u) + col] = value;
}
