// random: a counter-based generator; the same counter gives the same number, so masks need not be stored.
// Source    PCG3D of Jarzynski & Olano 2020, "Hash Functions for GPU Rendering", JCGT 9(3)
fn pcg3d(counter: vec3u) -> vec3u {
  var v = counter * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  return v;
}

// 1 / (1 - p) with probability 1 - p, else 0. `stream` identifies the op, `seed` the step and segment.
fn dropout_factor(index: u32, stream: u32, seed: vec2u, p: f32) -> f32 {
  let bits = pcg3d(vec3u(index, seed.x ^ (stream * 0x9e3779b9u), seed.y)).x;
  let uniform = f32(bits >> 8u) * 0x1p-24;
  return select(0.0, 1.0 / (1.0 - p), uniform >= p);
}

// Four standard normal numbers, by the Box–Muller transform.
fn normal4(index: u32, stream: u32, seed: vec2u) -> vec4f {
  let a = pcg3d(vec3u(index * 2u, seed.x ^ (stream * 0x9e3779b9u), seed.y));
  let b = pcg3d(vec3u(index * 2u + 1u, seed.x ^ (stream * 0x9e3779b9u), seed.y));
  // In (0, 1], so that the logarithm is finite.
  let radius = sqrt(-2.0 * log((vec2f(vec2u(a.x, b.x) >> vec2u(8u)) + 1.0) * 0x1p-24));
  let angle = vec2f(vec2u(a.y, b.y) >> vec2u(8u)) * (0x1p-24 * 6.283185307179586);
  return vec4f(radius * cos(angle), radius * sin(angle));
}
