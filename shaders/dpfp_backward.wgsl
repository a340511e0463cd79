// dpfp_backward: d_inp[r,i] = d_y[i] · [x > 0] - d_y[K+i] · [x < 0];  d_f = (d_out - out · (out·d_out)) / norm
//                d_y[i] = Σ_j d_f[j,i] · y[i-j-1] + d_f[j,i+j+1] · y[i+j+1]
// Layout    one invocation per row
// Shapes    inp, d_inp (R,K) · out, d_out (R,6·K) · norm (R); d_inp is =
// Numerics  a norm clamped to 1e-12, or 1 without NORMALISE, is constant in f, so the term along out is omitted. The gradient of relu at 0 is 0
// Source    Schlag et al. 2021, arXiv:2102.11174
const K: u32 = 4u;
const NORMALISE: bool = true;
struct Sizes { R: u32 }
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read> out: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read> d_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_inp: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  if (index >= sizes.R) { return; }
  var y: array<f32, 2u * K>;
  for (var i = 0u; i < K; i++) {
    let x = inp[index * K + i];
    y[i] = max(x, 0.0);
    y[K + i] = max(-x, 0.0);
  }
  let base = index * 6u * K;
  var along = 0.0;
  if (NORMALISE && norm[index] > 1e-12) {
    for (var i = 0u; i < 6u * K; i++) { along += out[base + i] * d_out[base + i]; }
  }
  for (var i = 0u; i < K; i++) {
    let x = inp[index * K + i];
    var gradient = 0.0;
    if (x != 0.0) {
      let own = select(K + i, i, x > 0.0);
      for (var j = 0u; j < 3u; j++) {
        let at = base + j * 2u * K;
        let ahead = (own + j + 1u) % (2u * K);
        let behind = (own + 2u * K - j - 1u) % (2u * K);
        gradient += (d_out[at + own] - out[at + own] * along) * y[behind];
        gradient += (d_out[at + ahead] - out[at + ahead] * along) * y[ahead];
      }
      gradient *= sign(x) / norm[index];
    }
    d_inp[index * K + i] = gradient;
  }
}
