// attention_quads: four invocations share eight rows of an attention matrix, sixteen columns at a time, without barriers.
// Layout    a workgroup of QUADS quads processes as many times 8 rows of one head of one sequence (queries, or keys for the
//           gradients of keys and values); an invocation has its quad's 8 rows × 4 of the 16 columns, and of the results
//           every fourth vector of four channels, starting at its lane
// Numerics  rows past the end repeat the last one and are not stored; columns past the end count as zero
enable subgroups;
// Vectors of four channels per invocation: a quarter of DH4, rounded up.
const DH4_UP = DH4 + 3u;
const CHANNEL_BLOCKS = DH4_UP / 4u;
const ROWS_A_QUAD = 8u;
const QUADS: u32 = 4u;
const ROWS_A_GROUP = ROWS_A_QUAD * QUADS;
const COLUMNS_A_STEP = 16u;
fn groups_a_head() -> u32 { return (sizes.S + ROWS_A_GROUP - 1u) / ROWS_A_GROUP; }
fn group_count() -> u32 { return sizes.B * sizes.H * groups_a_head(); }

// The rows of a workgroup: those of one head of one sequence, starting at `first`.
struct Place { b: u32, h: u32, first: u32 }

fn place_of(group: u32) -> Place {
  return Place(group / (groups_a_head() * sizes.H), (group / groups_a_head()) % sizes.H, (group % groups_a_head()) * ROWS_A_GROUP);
}

// The end of the keys that any row of the group sees: the same for all, so that every invocation reaches each broadcast.
fn group_end(length: u32, first: u32) -> u32 {
  var last = 0u;
  for (var r = 0u; r < ROWS_A_GROUP; r++) { last = max(last, key_end(length, min(first + r, sizes.S - 1u))); }
  return last;
}

// Four rows of which each invocation of the quad has loaded one.
fn gather(mine: vec4f) -> mat4x4f {
  return mat4x4f(quadBroadcast(mine, 0u), quadBroadcast(mine, 1u), quadBroadcast(mine, 2u), quadBroadcast(mine, 3u));
}

// A tile of 8 rows × 16 columns in the form that every invocation of the quad multiplies by: four columns from each.
struct Spread { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f, e: mat4x4f, f: mat4x4f, g: mat4x4f, h: mat4x4f }

fn spread(t: Tile) -> Spread {
  return Spread(
    mat4x4f(quadBroadcast(t.r0, 0u), quadBroadcast(t.r1, 0u), quadBroadcast(t.r2, 0u), quadBroadcast(t.r3, 0u)),
    mat4x4f(quadBroadcast(t.r4, 0u), quadBroadcast(t.r5, 0u), quadBroadcast(t.r6, 0u), quadBroadcast(t.r7, 0u)),
    mat4x4f(quadBroadcast(t.r0, 1u), quadBroadcast(t.r1, 1u), quadBroadcast(t.r2, 1u), quadBroadcast(t.r3, 1u)),
    mat4x4f(quadBroadcast(t.r4, 1u), quadBroadcast(t.r5, 1u), quadBroadcast(t.r6, 1u), quadBroadcast(t.r7, 1u)),
    mat4x4f(quadBroadcast(t.r0, 2u), quadBroadcast(t.r1, 2u), quadBroadcast(t.r2, 2u), quadBroadcast(t.r3, 2u)),
    mat4x4f(quadBroadcast(t.r4, 2u), quadBroadcast(t.r5, 2u), quadBroadcast(t.r6, 2u), quadBroadcast(t.r7, 2u)),
    mat4x4f(quadBroadcast(t.r0, 3u), quadBroadcast(t.r1, 3u), quadBroadcast(t.r2, 3u), quadBroadcast(t.r3, 3u)),
    mat4x4f(quadBroadcast(t.r4, 3u), quadBroadcast(t.r5, 3u), quadBroadcast(t.r6, 3u), quadBroadcast(t.r7, 3u)));
}

// Add the spread tile times 16 rows × 4 channels (four rows per matrix).
fn accumulate(t: Tile, s: Spread, b0: mat4x4f, b1: mat4x4f, b2: mat4x4f, b3: mat4x4f) -> Tile {
  return multiply(multiply(multiply(multiply(t, s.a, s.b, b0), s.c, s.d, b1), s.e, s.f, b2), s.g, s.h, b3);
}

// Multiply each row by its own factor.
fn scale_rows(t: Tile, lo: vec4f, hi: vec4f) -> Tile {
  return Tile(t.r0 * lo.x, t.r1 * lo.y, t.r2 * lo.z, t.r3 * lo.w, t.r4 * hi.x, t.r5 * hi.y, t.r6 * hi.z, t.r7 * hi.w);
}

fn row_of(t: Tile, r: u32) -> vec4f {
  var rows = array<vec4f, 8>(t.r0, t.r1, t.r2, t.r3, t.r4, t.r5, t.r6, t.r7);
  return rows[r];
}
