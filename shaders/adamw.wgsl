// adamw: one step of AdamW over all parameters, laid out flat
//   g = clamp(d_theta · min(1, clip_norm / (norm + 1e-6)), ±clip_value)
//   m = β₁m + (1-β₁)g;  v = β₂v + (1-β₂)g²;  θ = θ(1 - lr·wd) - lr/c₁ · m / (√v/√c₂ + ε)
// Layout    one invocation per four elements
// Shapes    d_theta, theta, m, v (N), N a multiple of 4 · norm (4) · hyper (12): lr, β₁, β₂, ε, wd, c₁ = 1-β₁ᵗ, √c₂ = √(1-β₂ᵗ), clip_norm, clip_value, 1-β₁, 1-β₂
// Numerics  clip_norm or clip_value = 0 does not clip. What changes from step to step is data, so the step is recorded once
// Source    Loshchilov & Hutter 2019, arXiv:1711.05101; in torch.optim.AdamW's order of operations
struct Sizes { N: u32 }
@group(0) @binding(0) var<storage, read> d_theta: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> hyper: array<f32>;
@group(0) @binding(3) var<storage, read_write> theta: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (wg.x + wg.y * groups.x) * 64u + local;
  if (i >= sizes.N / 4u) { return; }
  let lr = hyper[0];
  var g = d_theta[i];
  if (hyper[7] > 0.0) { g *= min(1.0, hyper[7] / (norm[0] + 1e-6)); }
  if (hyper[8] > 0.0) { g = clamp(g, vec4f(-hyper[8]), vec4f(hyper[8])); }
  let moment1 = hyper[1] * m[i] + hyper[9] * g;
  let moment2 = hyper[2] * v[i] + hyper[10] * g * g;
  m[i] = moment1;
  v[i] = moment2;
  theta[i] = theta[i] * (1.0 - lr * hyper[4]) - (lr / hyper[5]) * moment1 / (sqrt(moment2) / hyper[6] + hyper[3]);
}
