// product: a matrix product out[row,col] = Σ_inner A[row,inner] · B[inner,col], as the linear kernels describe theirs.
// Layout    a kernel says ROWS, COLS (a multiple of 4), INNER, and how its operands lie: `a_load(at, vec)` is four numbers
//           of A that run along the inner index (at = row), or, where A_ACROSS, across rows (at = inner); `b_load` four of
//           B along the inner index (at = column), or, where B_ACROSS, across columns (at = inner). `store(row, vec, sum)`
//           takes four columns of a row and leaves out what lies past the end; `store_sums(vec, sums)` takes, where SUMS,
//           Σ_inner A of four rows. The entry point is product_registers', product_quads' or product_workgroup's
// Numerics  f32, the inner index in order
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
fn a_across(row: u32, inner: u32) -> vec4f {
  return f32(inner < INNER) * a_load(min(inner, INNER - 1u), min(row / 4u, (ROWS + 3u) / 4u - 1u));
}

// Four of A along the inner index, of one row.
fn a_along(row: u32, inner4: u32) -> vec4f { return a_load(min(row, ROWS - 1u), inner4); }

// 4 inner values × 4 columns of B: a column of the matrix is an inner value.
fn b_block(vec: u32, inner4: u32) -> mat4x4f {
  let inner = inner4 * 4u;
  let col = min(vec, COLS / 4u - 1u);
  if (B_ACROSS) {
    return mat4x4f(
      b_load(min(inner, INNER - 1u), col), b_load(min(inner + 1u, INNER - 1u), col),
      b_load(min(inner + 2u, INNER - 1u), col), b_load(min(inner + 3u, INNER - 1u), col));
  }
  return transpose(mat4x4f(
    b_load(col * 4u, inner4), b_load(col * 4u + 1u, inner4), b_load(col * 4u + 2u, inner4), b_load(col * 4u + 3u, inner4)));
}

// Σ of each of four rows, over the block's four inner values.
fn sums_of(a: mat4x4f) -> vec4f { return transpose(a) * vec4f(1.0); }
