// sum_squares: partial[j] = Σ_i g[i]² over the elements i of share j
// Layout    one invocation per share, which strides over the gradient; gradient_norm adds the shares
// Shapes    g (N), N a multiple of 4 · partial (SHARES)
// Numerics  f32, fixed order
const N: u32 = 4u;
const SHARES: u32 = 64u;
@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= SHARES) { return; }
  var sum = 0.0;
  for (var i = 0u; i < (N / 4u + SHARES - 1u) / SHARES; i++) {
    let at = i * SHARES + id.x;
    if (at < N / 4u) { sum += dot(g[at], g[at]); }
  }
  partial[id.x] = sum;
}
