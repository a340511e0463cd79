// tile: the 8×4 block of a matrix product that one invocation of a linear kernel keeps in registers.
// Numerics  f32 sums, in the order of the inner index. Named members, not an array: software adapters keep
//           dynamically indexed arrays in memory
struct Tile { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }

// Add the product of 8 rows × 4 inner values (lo, hi: four rows each) and 4 inner values × 4 columns.
fn multiply(t: Tile, lo: mat4x4f, hi: mat4x4f, b: mat4x4f) -> Tile {
  return Tile(
    t.r0 + b * lo[0], t.r1 + b * lo[1], t.r2 + b * lo[2], t.r3 + b * lo[3],
    t.r4 + b * hi[0], t.r5 + b * hi[1], t.r6 + b * hi[2], t.r7 + b * hi[3]);
}

// Hand the eight rows to the kernel's own `store(row, col, product)`, which leaves out those past the end.
fn store_tile(row: u32, col: u32, t: Tile) {
  store(row, col, t.r0);
  store(row + 1u, col, t.r1);
  store(row + 2u, col, t.r2);
  store(row + 3u, col, t.r3);
  store(row + 4u, col, t.r4);
  store(row + 5u, col, t.r5);
  store(row + 6u, col, t.r6);
  store(row + 7u, col, t.r7);
}
