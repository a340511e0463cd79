// sum_squares: partial[j] = Σ_i g[i]² over the elements i of share j
// Layout    one invocation per share, which strides over the gradient; gradient_norm adds the shares
// Shapes    g (N), N a multiple of 4 · partial (SHARES)
// Numerics  f32, fixed order
// Source    Pascanu et al. 2013, arXiv:1211.5063 (clipping by the global norm)
struct Sizes { N: u32, SHARES: u32 }
@group(0) @binding(0) var<storage, read> g: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.SHARES) { return; }
  var sum = 0.0;
  for (var i = 0u; i < (sizes.N / 4u + sizes.SHARES - 1u) / sizes.SHARES; i++) {
    let at = i * sizes.SHARES + id.x;
    if (at < sizes.N / 4u) { sum += dot(g[at], g[at]); }
  }
  partial[id.x] = sum;
}
