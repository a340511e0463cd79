// attention_relative: the offsets in attention with relative positions and a cache in front of the segment.
// Layout    qkv (B,CACHE+S,3·H·DH): the rows of the cache, then the segment's, as in lib/attention · extents (B,2) u32: the row's
//           positions that are not padding; entries of the cache that are filled, the last ones · r (DISTANCES,H·DH): a row
//           for each distance query - key, from -BELOW on: row BELOW is distance 0 · biases (2,H·DH): u, then v

// The row's first filled key.
fn key_start(cached: u32) -> u32 { return sizes.CACHE - cached; }

// The vector of the distance between query i of the segment and key j (of cache and segment).
fn r_at(i: u32, j: u32, h: u32) -> u32 { return ((sizes.CACHE + i + sizes.BELOW - j) * sizes.H + h) * DH4; }

fn row_at(b: u32, i: u32, h: u32) -> u32 { return ((b * (sizes.S - sizes.CACHE) + i) * sizes.H + h) * DH4; }
