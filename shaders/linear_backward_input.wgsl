// linear_backward_input: d_inp[r,k] (=|+=) (Σ_n d_out[r,n] · weight[n,k]) · f'(pre[r,k])
// Layout    one invocation per 8 rows × 4 columns, no barriers
// Shapes    d_out (R,N) · weight (N,K) · pre, d_inp (R,K); K, N multiples of 4
// Numerics  f32, n in order. ACTIVATION 0: f' = 1; else inp was f(pre)
const R: u32 = 8u;
const N: u32 = 4u;
const K: u32 = 4u;
const ACCUMULATE: bool = false;
@group(0) @binding(0) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> pre: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_inp: array<vec4f>;

fn row_of(row: u32) -> u32 { return min(row, R - 1u) * (N / 4u); }

fn store(row: u32, col: u32, product: vec4f) {
  if (row >= R) { return; }
  let at = row * (K / 4u) + col;
  var value = product;
  if (ACTIVATION != 0u) { value *= activation_derivative(pre[at]); }
  if (ACCUMULATE) { value += d_inp[at]; }
  d_inp[at] = value;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let col = index % (K / 4u);
  let row = (index / (K / 4u)) * 8u;
  if (row >= R) { return; }
  let at0 = row_of(row);
  let at1 = row_of(row + 1u);
  let at2 = row_of(row + 2u);
  let at3 = row_of(row + 3u);
  let at4 = row_of(row + 4u);
  let at5 = row_of(row + 5u);
  let at6 = row_of(row + 6u);
  let at7 = row_of(row + 7u);
  var t: Tile;
  for (var n = 0u; n < N / 4u; n++) {
    let w = n * K + col;
    let b = mat4x4f(weight[w], weight[w + K / 4u], weight[w + K / 2u], weight[w + 3u * (K / 4u)]);
    let lo = mat4x4f(d_out[at0 + n], d_out[at1 + n], d_out[at2 + n], d_out[at3 + n]);
    let hi = mat4x4f(d_out[at4 + n], d_out[at5 + n], d_out[at6 + n], d_out[at7 + n]);
    t = multiply(t, lo, hi, b);
  }
  store_tile(row, col, t);
}
