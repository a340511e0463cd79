// attention: the offsets of queries, keys and values in the fused projection, and the mask; shared by the attention kernels.
// Layout    qkv (B,S,3·H·DH): row (b,s) holds q of all heads, then k, then v
const DH: u32 = 4u;
const SCALE: f32 = 0.5;
const DH4 = DH / 4u;
// The mask: 0 full, 1 causal, 2 causal with M read positions in front and (AT_END) M write positions at the end
const MASK: u32 = 0u;
const AT_END: bool = false;
const MASKED = -1e30;

// Query i of a segment of `length` positions sees the keys below this one.
fn key_end(length: u32, i: u32) -> u32 {
  if (MASK == 0u) { return length; }
  if (MASK == 2u) {
    if (i < sizes.M) { return sizes.M; }
    if (AT_END && i + sizes.M >= length) { return length; }
  }
  return i + 1u;
}

fn q_at(b: u32, s: u32, h: u32) -> u32 { return ((b * sizes.S + s) * 3u * sizes.H + h) * DH4; }
fn k_at(b: u32, s: u32, h: u32) -> u32 { return ((b * sizes.S + s) * 3u * sizes.H + sizes.H + h) * DH4; }
fn v_at(b: u32, s: u32, h: u32) -> u32 { return ((b * sizes.S + s) * 3u * sizes.H + 2u * sizes.H + h) * DH4; }
fn out_at(b: u32, s: u32, h: u32) -> u32 { return ((b * sizes.S + s) * sizes.H + h) * DH4; }
