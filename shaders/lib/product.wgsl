// product: a matrix product out[row,col] = Σ_inner A[row,inner] · B[inner,col], whose operands each linear kernel defines.
// Layout    `shape()` of a kernel gives the sizes and strides of its operands. Vector `at · stride + vec` of A holds four
//           numbers along the inner index (at = row) or, with A_ACROSS, across rows (at = inner); that of B four along
//           the inner index (at = column) or, with B_ACROSS, across columns (at = inner). `a_load` and `b_load` read a
//           vector. `store(size, row, vec, sum)` writes four columns of a row and skips those past the end;
//           `store_sums(vec, sums)` writes, with SUMS, Σ_inner A of four rows. The entry point comes from
//           product_registers, product_quads or product_workgroup
// Numerics  f32, the inner index in order
// Read once per invocation and passed on: software adapters read a uniform again at every use.
struct Shape {
  rows: u32,
  // A multiple of 4.
  cols: u32,
  inner: u32,
  a_stride: u32,
  b_stride: u32,
}

// With LAYERED operands each workgroup multiplies with the matrix of this layer.
var<private> layer: u32;

// An invocation's rows before they are stored in a loop: one `store` in a loop compiles much faster than many.
var<private> rows_to_store: array<vec4f, WAITING>;

fn put(at: u32, t: Tile) {
  rows_to_store[at] = t.r0;
  rows_to_store[at + 1u] = t.r1;
  rows_to_store[at + 2u] = t.r2;
  rows_to_store[at + 3u] = t.r3;
  rows_to_store[at + 4u] = t.r4;
  rows_to_store[at + 5u] = t.r5;
  rows_to_store[at + 6u] = t.r6;
  rows_to_store[at + 7u] = t.r7;
}

// Four of A across rows row … row+3 at one inner index; inner indices past the end count as zero, rows past the end repeat.
fn a_across(size: Shape, row: u32, inner: u32) -> vec4f {
  let at = min(inner, size.inner - 1u) * size.a_stride + min(row / 4u, (size.rows + 3u) / 4u - 1u);
  return f32(inner < size.inner) * a_load(at);
}

// Four of A along the inner index, of one row.
fn a_along(size: Shape, row: u32, inner4: u32) -> vec4f {
  return a_load(min(row, size.rows - 1u) * size.a_stride + inner4);
}

// 4 inner values × 4 columns of B: each column of the matrix is one inner value.
fn b_block(size: Shape, vec: u32, inner4: u32) -> mat4x4f {
  let col = min(vec, size.cols / 4u - 1u);
  if (B_ACROSS) {
    let inner = inner4 * 4u;
    let last = size.inner - 1u;
    return mat4x4f(
      b_load(min(inner, last) * size.b_stride + col), b_load(min(inner + 1u, last) * size.b_stride + col),
      b_load(min(inner + 2u, last) * size.b_stride + col), b_load(min(inner + 3u, last) * size.b_stride + col));
  }
  let at = col * 4u * size.b_stride + inner4;
  return transpose(mat4x4f(
    b_load(at), b_load(at + size.b_stride), b_load(at + 2u * size.b_stride), b_load(at + 3u * size.b_stride)));
}

// The sum of each of four rows over the block's four inner values.
fn sums_of(a: mat4x4f) -> vec4f { return transpose(a) * vec4f(1.0); }
