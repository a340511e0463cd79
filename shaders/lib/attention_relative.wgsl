// attention_relative: the offsets in attention with relative positions and a cache in front of the segment.
// Layout    qkv (B,CACHE+S,3·H·DH): the rows of the cache, then the segment's, as in lib/attention · extents (B,2) u32: the row's
//           positions that are not padding; entries of the cache that are filled, the last ones · r (DISTANCES,H·DH): a row
//           for each distance query - key, from -BELOW on: row BELOW is distance 0 · biases (2,H·DH): u, then v
//           A key ahead of its query, which only a memory block sees, has a negative distance. With SHIFT it has none
//           (BELOW = 0) and takes what LM-RMT's shift of the score matrix leaves there: a zero, if it is one ahead; else
//           the position term of the next query with distance n + 1 - ahead, n the row's keys
const SHIFT: bool = false;

// The row's first filled key.
fn key_start(cached: u32) -> u32 { return sizes.CACHE - cached; }

// How far key j (of cache and segment) is ahead of query i of the segment; 0 if it is not.
fn ahead(i: u32, j: u32) -> u32 { return max(j, sizes.CACHE + i) - (sizes.CACHE + i); }

// Whether the score of query i and key j has a position term, whose it is, and the vector of its distance.
fn has_position(i: u32, j: u32) -> bool { return !SHIFT || ahead(i, j) != 1u; }
fn position_query(i: u32, j: u32) -> u32 { return select(i, i + 1u, SHIFT && ahead(i, j) > 0u); }
fn r_at(extent: vec2u, i: u32, j: u32, h: u32) -> u32 {
  let shifted = SHIFT && ahead(i, j) > 0u;
  return (select(sizes.CACHE + i + sizes.BELOW - j, extent.x + extent.y + 1u - ahead(i, j), shifted) * sizes.H + h) * DH4;
}

// Channels 4d … 4d+3 of the position term of query i and key j, (q+v)·r.
fn position_part(extent: vec2u, b: u32, i: u32, j: u32, h: u32, d: u32) -> f32 {
  if (!has_position(i, j)) { return 0.0; }
  let q = qkv[q_at(b, sizes.CACHE + position_query(i, j), h) + d];
  return dot(q + biases[(sizes.H + h) * DH4 + d], r[r_at(extent, i, j, h) + d]);
}

fn row_at(b: u32, i: u32, h: u32) -> u32 { return ((b * (sizes.S - sizes.CACHE) + i) * sizes.H + h) * DH4; }
