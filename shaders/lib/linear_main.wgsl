// linear_main: the entry point of the forward linear kernels; each brings its own `store`.
fn row_of(row: u32) -> u32 { return min(row, R - 1u) * (K / 4u); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = (wg.x + wg.y * groups.x) * 64u + local;
  let col = index % (N / 4u);
  let row = (index / (N / 4u)) * 8u;
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
  for (var k = 0u; k < K / 4u; k++) {
    let w = col * K + k;
    let b = transpose(mat4x4f(weight[w], weight[w + K / 4u], weight[w + K / 2u], weight[w + 3u * (K / 4u)]));
    let lo = mat4x4f(inp[at0 + k], inp[at1 + k], inp[at2 + k], inp[at3 + k]);
    let hi = mat4x4f(inp[at4 + k], inp[at5 + k], inp[at6 + k], inp[at7 + k]);
    t = multiply(t, lo, hi, b);
  }
  store_tile(row, col, t);
}
