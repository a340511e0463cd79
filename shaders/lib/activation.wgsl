// activation: the activation of a feed-forward block, and its derivative.
// Numerics  ACTIVATION 1 gelu: x · Φ(x), erf by Abramowitz and Stegun 7.1.26, |error| ≤ 1.5e-7: f32's own rounding.
//           2 gelu_new: its tanh approximation, as in GPT-2. 3 relu. exp(-x²) underflows to 0; beyond ±20 tanh is ±1 in
//           f32, and adapters that compute it from exp overflow to NaN
// Source    Hendrycks & Gimpel 2016, arXiv:1606.08415
const ACTIVATION: u32 = 0u;

fn erf4(x: vec4f) -> vec4f {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

fn tanh4(x: vec4f) -> vec4f { return tanh(clamp(x, vec4f(-20.0), vec4f(20.0))); }

fn activate(x: vec4f) -> vec4f {
  if (ACTIVATION == 3u) { return max(x, vec4f(0.0)); }
  if (ACTIVATION == 2u) { return 0.5 * x * (1.0 + tanh4(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
  return 0.5 * x * (1.0 + erf4(x * 0.7071067811865476));
}

fn activation_derivative(x: vec4f) -> vec4f {
  if (ACTIVATION == 3u) { return select(vec4f(0.0), vec4f(1.0), x > vec4f(0.0)); }
  if (ACTIVATION == 2u) {
    let t = tanh4(0.7978845608028654 * (x + 0.044715 * x * x * x));
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * x * x);
  }
  return 0.5 * (1.0 + erf4(x * 0.7071067811865476)) + x * 0.3989422804014327 * exp(-0.5 * x * x);
}
