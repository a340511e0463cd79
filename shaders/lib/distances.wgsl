// distances: the vectors of the distances between a workgroup's rows and the columns of one step, in workgroup memory.
// Layout    GROUP_ROWS rows × SPLITS columns have as many distances as rows and columns, less one. Neighbouring invocations
//           load neighbouring channels; then each reads the row of its own distance. One vector of padding per row keeps
//           neighbours in different memory banks
const STAGED = GROUP_ROWS + SPLITS;
const STAGED_STRIDE = DH4 + 1u;
const STAGED_VECTORS = STAGED * STAGED_STRIDE;
var<workgroup> staged: array<vec4f, STAGED_VECTORS>;

// Stage the distances from `lowest` on, which may lie outside the table: the nearest one is loaded, and no pair uses it.
fn stage_distances(local: u32, h: u32, lowest: i32) {
  let last = i32(arrayLength(&r) / (sizes.H * DH4)) - 1;
  workgroupBarrier();
  for (var n = 0u; n < (STAGED * DH4 + GROUP_ROWS * SPLITS - 1u) / (GROUP_ROWS * SPLITS); n++) {
    let at = n * GROUP_ROWS * SPLITS + local;
    if (at < STAGED * DH4) {
      let row = u32(clamp(lowest + i32(sizes.BELOW + at / DH4), 0, last));
      staged[(at / DH4) * STAGED_STRIDE + at % DH4] = r[(row * sizes.H + h) * DH4 + at % DH4];
    }
  }
  workgroupBarrier();
}
