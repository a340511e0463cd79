// product_registers: one invocation keeps 8 rows × 4 columns of a product in registers. No barriers, no features.
// Layout    neighbouring invocations take neighbouring columns
const WAITING = 8u;

fn a_block(size: Shape, row: u32, inner4: u32) -> mat4x4f {
  if (A_ACROSS) {
    let inner = inner4 * 4u;
    return transpose(mat4x4f(
      a_across(size, row, inner), a_across(size, row, inner + 1u), a_across(size, row, inner + 2u),
      a_across(size, row, inner + 3u)));
  }
  return mat4x4f(
    a_along(size, row, inner4), a_along(size, row + 1u, inner4), a_along(size, row + 2u, inner4),
    a_along(size, row + 3u, inner4));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  layer = wg.z;
  let size = shape();
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let vec = index % (size.cols / 4u);
  let row = (index / (size.cols / 4u)) * 8u;
  if (row >= size.rows) { return; }
  var t: Tile;
  var sums_lo = vec4f(0.0);
  var sums_hi = vec4f(0.0);
  for (var k = 0u; k < (size.inner + 3u) / 4u; k++) {
    let lo = a_block(size, row, k);
    let hi = a_block(size, row + 4u, k);
    t = multiply(t, lo, hi, b_block(size, vec, k));
    if (SUMS && vec == 0u) {
      sums_lo += sums_of(lo);
      sums_hi += sums_of(hi);
    }
  }
  put(0u, t);
  for (var i = 0u; i < 8u; i++) { store(size, row + i, vec, rows_to_store[i]); }
  if (SUMS && vec == 0u) {
    store_sums(row / 4u, sums_lo);
    store_sums(row / 4u + 1u, sums_hi);
  }
}
