// product: a matrix product out[row,col] = Σ_inner A[row,inner] · B[inner,col], as the linear kernels describe theirs.
// Layout    a kernel says by `shape()` how large its operands are and how they lie: vector `at · stride + vec` of A is four
//           numbers that run along the inner index (at = row), or, where A_ACROSS, across rows (at = inner); of B four along
//           the inner index (at = column), or, where B_ACROSS, across columns (at = inner). `a_load` and `b_load` read a
//           vector. `store(size, row, vec, sum)` takes four columns of a row and leaves out what lies past the end;
//           `store_sums(vec, sums)` takes, where SUMS, Σ_inner A of four rows. The entry point is product_registers',
//           product_quads' or product_workgroup's
// Numerics  f32, the inner index in order
// Read once by an invocation and passed on: software adapters read a uniform again wherever it is named.
struct Shape {
  rows: u32,
  // A multiple of 4.
  cols: u32,
  inner: u32,
  a_stride: u32,
  b_stride: u32,
}

// Where an invocation's rows wait to be stored one by one: a loop around one `store` compiles in a fraction of the time.
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

// Four of A across rows row … row+3 at one inner index; those past the inner end count as zero, rows past the end repeat.
fn a_across(size: Shape, row: u32, inner: u32) -> vec4f {
  let at = min(inner, size.inner - 1u) * size.a_stride + min(row / 4u, (size.rows + 3u) / 4u - 1u);
  return f32(inner < size.inner) * a_load(at);
}

// Four of A along the inner index, of one row.
fn a_along(size: Shape, row: u32, inner4: u32) -> vec4f {
  return a_load(min(row, size.rows - 1u) * size.a_stride + inner4);
}

// 4 inner values × 4 columns of B: a column of the matrix is an inner value.
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

// Σ of each of four rows, over the block's four inner values.
fn sums_of(a: mat4x4f) -> vec4f { return transpose(a) * vec4f(1.0); }
