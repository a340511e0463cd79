// gelu: x · Φ(x) with the exact normal distribution function, as `hidden_act: "gelu"` means, and its derivative.
// Numerics  erf by Abramowitz and Stegun 7.1.26, |error| ≤ 1.5e-7: f32's own rounding. exp(-x²) underflows to 0
// Source    Hendrycks & Gimpel 2016, arXiv:1606.08415
fn erf4(x: vec4f) -> vec4f {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

fn gelu(x: vec4f) -> vec4f {
  return 0.5 * x * (1.0 + erf4(x * 0.7071067811865476));
}

fn gelu_derivative(x: vec4f) -> vec4f {
  return 0.5 * (1.0 + erf4(x * 0.7071067811865476)) + x * 0.3989422804014327 * exp(-0.5 * x * x);
}
