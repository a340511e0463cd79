// product_workgroup: 256 invocations share a tile of a product in workgroup memory, which suits GPUs.
// Layout    16 × 16 invocations, PER_ROW rows × 4·PER_VEC columns each; DEPTH inner values at a time. A row of A in the
//           tile is padded by two, so that neighbouring invocations write to different banks
// Numerics  as product_registers; the element type of the tiles is that of lib/tiles_single or lib/tiles_half
const PER_ROW: u32 = 4u;
const PER_VEC: u32 = 1u;
const DEPTH: u32 = 16u;
const TILE_ROWS = 16u * PER_ROW;
const TILE_COLS = 64u * PER_VEC;
const WAITING = 8u;
const STRIDE = TILE_ROWS + 2u;
var<workgroup> a_tile: array<Stored, DEPTH * STRIDE>;
var<workgroup> b_tile: array<Stored4, DEPTH * TILE_COLS / 4u>;

fn fill_a(size: Shape, first: u32, k: u32, local: u32) {
  for (var i = 0u; i < TILE_ROWS * DEPTH / 1024u; i++) {
    let v = i * 256u + local;
    if (A_ACROSS) {
      let inner = v / (TILE_ROWS / 4u);
      let row = (v % (TILE_ROWS / 4u)) * 4u;
      let value = Stored4(a_across(size, first + row, k + inner));
      let at = inner * STRIDE + row;
      a_tile[at] = value.x;
      a_tile[at + 1u] = value.y;
      a_tile[at + 2u] = value.z;
      a_tile[at + 3u] = value.w;
    } else {
      let row = v / (DEPTH / 4u);
      let inner = (v % (DEPTH / 4u)) * 4u;
      let value = Stored4(f32(k + inner < size.inner) * a_along(size, first + row, min(k + inner, size.inner - 1u) / 4u));
      let at = inner * STRIDE + row;
      a_tile[at] = value.x;
      a_tile[at + STRIDE] = value.y;
      a_tile[at + 2u * STRIDE] = value.z;
      a_tile[at + 3u * STRIDE] = value.w;
    }
  }
}

fn fill_b(size: Shape, first: u32, k: u32, local: u32) {
  if (B_ACROSS) {
    for (var i = 0u; i < TILE_COLS * DEPTH / 1024u; i++) {
      let v = i * 256u + local;
      let inner = v / (TILE_COLS / 4u);
      let vec = v % (TILE_COLS / 4u);
      b_tile[inner * (TILE_COLS / 4u) + vec] = Stored4(b_load(min(k + inner, size.inner - 1u) * size.b_stride + min(first + vec, size.cols / 4u - 1u)));
    }
  } else {
    // A block of 4 × 4, transposed.
    for (var i = 0u; i < (TILE_COLS * DEPTH / 16u + 255u) / 256u; i++) {
      let v = i * 256u + local;
      if (v < TILE_COLS * DEPTH / 16u) {
        let vec = v / (DEPTH / 4u);
        let inner = (v % (DEPTH / 4u)) * 4u;
        let b = b_block(size, first + vec, min(k + inner, size.inner - 1u) / 4u);
        let at = inner * (TILE_COLS / 4u) + vec;
        b_tile[at] = Stored4(b[0]);
        b_tile[at + TILE_COLS / 4u] = Stored4(b[1]);
        b_tile[at + TILE_COLS / 2u] = Stored4(b[2]);
        b_tile[at + 3u * (TILE_COLS / 4u)] = Stored4(b[3]);
      }
    }
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  layer = wg.z;
  let size = shape();
  let tile = wg.x + wg.y * groups.x;
  let across = (size.cols + TILE_COLS - 1u) / TILE_COLS;
  let first_row = (tile / across) * TILE_ROWS;
  let first_vec = (tile % across) * (TILE_COLS / 4u);
  // Uniform over the workgroup, so every invocation reaches the barriers or none does.
  if (first_row >= size.rows) { return; }
  let my_row = (local / 16u) * PER_ROW;
  let my_vec = local % 16u;
  var sum: array<vec4f, PER_ROW * PER_VEC>;
  var row_sum: array<f32, PER_ROW>;
  for (var step = 0u; step < (size.inner + DEPTH - 1u) / DEPTH; step++) {
    fill_a(size, first_row, step * DEPTH, local);
    fill_b(size, first_vec, step * DEPTH, local);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      var b: array<vec4f, PER_VEC>;
      for (var c = 0u; c < PER_VEC; c++) { b[c] = vec4f(b_tile[k * (TILE_COLS / 4u) + c * 16u + my_vec]); }
      for (var r = 0u; r < PER_ROW; r++) {
        let a = f32(a_tile[k * STRIDE + my_row + r]);
        for (var c = 0u; c < PER_VEC; c++) { sum[r * PER_VEC + c] += a * b[c]; }
        if (SUMS) { row_sum[r] += a; }
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < PER_ROW; r++) {
    for (var c = 0u; c < PER_VEC; c++) { store(size, first_row + my_row + r, first_vec + c * 16u + my_vec, sum[r * PER_VEC + c]); }
  }
  if (SUMS && first_vec == 0u && my_vec == 0u) {
    for (var r = 0u; r < PER_ROW / 4u; r++) {
      store_sums((first_row + my_row) / 4u + r, vec4f(row_sum[4u * r], row_sum[4u * r + 1u], row_sum[4u * r + 2u], row_sum[4u * r + 3u]));
    }
  }
}
