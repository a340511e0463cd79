// product_quads: four invocations share 32, 16 or 8 rows of A and take 16 columns each, without barriers.
// Layout    each invocation loads a quarter of the quad's part of A and receives the rest from the other three; BLOCKS of
//           four columns per invocation; ROWS of A. Loads dominate the cost on software adapters, which execute them
//           lane by lane: 12 here for 512 multiply-adds of four numbers, where product_registers needs 12 for 32
// Numerics  as product_registers, bit for bit where the adapter contracts multiply-adds in the same way
enable subgroups;
const BLOCKS: u32 = 4u;
const ROWS: u32 = 32u;
const QUADS: u32 = 4u;
const WAITING = ROWS * BLOCKS;

fn a_quad(size: Shape, row: u32, inner4: u32, lane: u32) -> mat4x4f {
  var mine: vec4f;
  if (A_ACROSS) { mine = a_across(size, row, inner4 * 4u + lane); } else { mine = a_along(size, row + lane, inner4); }
  let a = mat4x4f(quadBroadcast(mine, 0u), quadBroadcast(mine, 1u), quadBroadcast(mine, 2u), quadBroadcast(mine, 3u));
  if (A_ACROSS) { return transpose(a); }
  return a;
}

fn put_block(at: u32, t0: Tile, t1: Tile, t2: Tile, t3: Tile) {
  put(at, t0);
  if (ROWS > 8u) { put(at + 8u, t1); }
  if (ROWS > 16u) { put(at + 16u, t2); put(at + 24u, t3); }
}

@compute @workgroup_size(4u * QUADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  layer = wg.z;
  let size = shape();
  let lane = local % 4u;
  let quad = (wg.x + wg.y * groups.x) * QUADS + local / 4u;
  let across = (size.cols / 4u + 4u * BLOCKS - 1u) / (4u * BLOCKS);
  let vec = (quad % across) * 4u * BLOCKS + lane;
  // Quads past the end run too, so that every invocation reaches each broadcast, and store nothing.
  let row = (quad / across) * ROWS;
  var t00: Tile; var t01: Tile; var t02: Tile; var t03: Tile;
  var t10: Tile; var t11: Tile; var t12: Tile; var t13: Tile;
  var t20: Tile; var t21: Tile; var t22: Tile; var t23: Tile;
  var t30: Tile; var t31: Tile; var t32: Tile; var t33: Tile;
  var s0: vec4f; var s1: vec4f; var s2: vec4f; var s3: vec4f; var s4: vec4f; var s5: vec4f; var s6: vec4f; var s7: vec4f;
  for (var k = 0u; k < (size.inner + 3u) / 4u; k++) {
    let b0 = b_block(size, vec, k);
    var b1 = b0; var b2 = b0; var b3 = b0;
    if (BLOCKS > 1u) { b1 = b_block(size, vec + 4u, k); }
    if (BLOCKS > 2u) { b2 = b_block(size, vec + 8u, k); b3 = b_block(size, vec + 12u, k); }
    let a0 = a_quad(size, row, k, lane); let a1 = a_quad(size, row + 4u, k, lane);
    t00 = multiply(t00, a0, a1, b0);
    if (BLOCKS > 1u) { t01 = multiply(t01, a0, a1, b1); }
    if (BLOCKS > 2u) { t02 = multiply(t02, a0, a1, b2); t03 = multiply(t03, a0, a1, b3); }
    if (SUMS) { s0 += sums_of(a0); s1 += sums_of(a1); }
    if (ROWS > 8u) {
      let a2 = a_quad(size, row + 8u, k, lane); let a3 = a_quad(size, row + 12u, k, lane);
      t10 = multiply(t10, a2, a3, b0);
      if (BLOCKS > 1u) { t11 = multiply(t11, a2, a3, b1); }
      if (BLOCKS > 2u) { t12 = multiply(t12, a2, a3, b2); t13 = multiply(t13, a2, a3, b3); }
      if (SUMS) { s2 += sums_of(a2); s3 += sums_of(a3); }
    }
    if (ROWS > 16u) {
      let a4 = a_quad(size, row + 16u, k, lane); let a5 = a_quad(size, row + 20u, k, lane);
      let a6 = a_quad(size, row + 24u, k, lane); let a7 = a_quad(size, row + 28u, k, lane);
      t20 = multiply(t20, a4, a5, b0); t30 = multiply(t30, a6, a7, b0);
      if (BLOCKS > 1u) { t21 = multiply(t21, a4, a5, b1); t31 = multiply(t31, a6, a7, b1); }
      if (BLOCKS > 2u) {
        t22 = multiply(t22, a4, a5, b2); t32 = multiply(t32, a6, a7, b2);
        t23 = multiply(t23, a4, a5, b3); t33 = multiply(t33, a6, a7, b3);
      }
      if (SUMS) { s4 += sums_of(a4); s5 += sums_of(a5); s6 += sums_of(a6); s7 += sums_of(a7); }
    }
  }
  // Tiles of eight rows each, block by block.
  put_block(0u, t00, t10, t20, t30);
  if (BLOCKS > 1u) { put_block(ROWS, t01, t11, t21, t31); }
  if (BLOCKS > 2u) { put_block(2u * ROWS, t02, t12, t22, t32); put_block(3u * ROWS, t03, t13, t23, t33); }
  for (var block = 0u; block < BLOCKS; block++) {
    for (var r = 0u; r < ROWS; r++) { store(size, row + r, vec + 4u * block, rows_to_store[ROWS * block + r]); }
  }
  if (SUMS && vec == 0u) {
    var sums = array<vec4f, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
    for (var i = 0u; i < ROWS / 4u; i++) { store_sums(row / 4u + i, sums[i]); }
  }
}
