// dropout: out[i] (=|+=) mask[i] · inp[i] (+ residual[i]),  mask = 1/(1-P) with probability 1-P, else 0
// Layout    one invocation per four elements; the same kernel runs forward and, without the residual, backward
// Shapes    counter (4) u32: seed of the step, segment · inp, residual, out (N), N a multiple of 4
// Numerics  the mask comes from (element, STREAM, counter): recomputed, never stored
// Source    Srivastava et al. 2014; generator: see lib/random.wgsl
const P: f32 = 0.1;
const HAS_RESIDUAL: bool = false;
const ACCUMULATE: bool = false;
struct Sizes { N: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> counter: array<u32>;
@group(0) @binding(1) var<storage, read> inp: array<vec4f>;
@group(0) @binding(2) var<storage, read> residual: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (wg.x + wg.y * groups.x) * 64u + local;
  if (i >= sizes.N / 4u) { return; }
  let seed = vec2u(counter[0], counter[1]);
  let mask = vec4f(
    dropout_factor(i * 4u, sizes.STREAM, seed, P), dropout_factor(i * 4u + 1u, sizes.STREAM, seed, P),
    dropout_factor(i * 4u + 2u, sizes.STREAM, seed, P), dropout_factor(i * 4u + 3u, sizes.STREAM, seed, P));
  var value = mask * inp[i];
  if (HAS_RESIDUAL) { value += residual[i]; }
  if (ACCUMULATE) { value += out[i]; }
  out[i] = value;
}
