// attention: where queries, keys and values lie in the fused projection, and the mask; shared by the attention kernels.
// Layout    qkv (B,S,3·H·DH): row (b,s) holds q of all heads, then k, then v
const B: u32 = 1u;
const S: u32 = 1u;
const H: u32 = 1u;
const DH: u32 = 4u;
const SCALE: f32 = 0.5;
const DH4 = DH / 4u;
const MASKED = -1e30;

fn q_at(b: u32, s: u32, h: u32) -> u32 { return ((b * S + s) * 3u * H + h) * DH4; }
fn k_at(b: u32, s: u32, h: u32) -> u32 { return ((b * S + s) * 3u * H + H + h) * DH4; }
fn v_at(b: u32, s: u32, h: u32) -> u32 { return ((b * S + s) * 3u * H + 2u * H + h) * DH4; }
fn out_at(b: u32, s: u32, h: u32) -> u32 { return ((b * S + s) * H + h) * DH4; }
