// tile: the 8×4 block of a matrix product that one invocation keeps in registers.
// Numerics  f32 sums. Named members, not an array: software adapters keep dynamically indexed arrays in memory
struct Tile { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }

// Add the product of 8 rows × 4 inner values (lo, hi: four rows each) and 4 inner values × 4 columns.
fn multiply(t: Tile, lo: mat4x4f, hi: mat4x4f, b: mat4x4f) -> Tile {
  return Tile(
    t.r0 + b * lo[0], t.r1 + b * lo[1], t.r2 + b * lo[2], t.r3 + b * lo[3],
    t.r4 + b * hi[0], t.r5 + b * hi[1], t.r6 + b * hi[2], t.r7 + b * hi[3]);
}
