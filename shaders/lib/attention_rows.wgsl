// attention_rows: four neighbouring queries, keys or values as the columns of a matrix, for the quads' attention kernels.
fn queries_at(b: u32, i: u32, h: u32, d: u32) -> mat4x4f {
  return mat4x4f(
    qkv[q_at(b, min(i, sizes.S - 1u), h) + d], qkv[q_at(b, min(i + 1u, sizes.S - 1u), h) + d],
    qkv[q_at(b, min(i + 2u, sizes.S - 1u), h) + d], qkv[q_at(b, min(i + 3u, sizes.S - 1u), h) + d]);
}

fn keys_at(b: u32, j: u32, h: u32, d: u32) -> mat4x4f {
  return mat4x4f(
    qkv[k_at(b, min(j, sizes.S - 1u), h) + d], qkv[k_at(b, min(j + 1u, sizes.S - 1u), h) + d],
    qkv[k_at(b, min(j + 2u, sizes.S - 1u), h) + d], qkv[k_at(b, min(j + 3u, sizes.S - 1u), h) + d]);
}

fn values_at(b: u32, j: u32, h: u32, d: u32) -> mat4x4f {
  return mat4x4f(
    qkv[v_at(b, min(j, sizes.S - 1u), h) + d], qkv[v_at(b, min(j + 1u, sizes.S - 1u), h) + d],
    qkv[v_at(b, min(j + 2u, sizes.S - 1u), h) + d], qkv[v_at(b, min(j + 3u, sizes.S - 1u), h) + d]);
}
