// splits: SPLITS invocations share a row and combine their partial results; splits_single is the same for one.
// Layout    a workgroup has GROUP_ROWS rows. Neighbouring invocations have neighbouring rows and the same split, so that a
//           subgroup loads what its rows share once, wherever it is in the loop
// Numerics  splits are added in order: the same bits every time
const SPLITS: u32 = 8u;
const GROUP_ROWS = 32u;
var<workgroup> split_values: array<vec4f, GROUP_ROWS * SPLITS>;

fn split_of(local: u32) -> u32 { return local / GROUP_ROWS; }
// All invocations reach each barrier: those without a row repeat the last one.
fn has_no_row(row: u32, rows: u32) -> bool { return false; }

fn sum_over_splits(local: u32, value: vec4f) -> vec4f {
  split_values[local] = value;
  workgroupBarrier();
  var sum = vec4f(0.0);
  for (var s = 0u; s < SPLITS; s++) { sum += split_values[s * GROUP_ROWS + local % GROUP_ROWS]; }
  workgroupBarrier();
  return sum;
}

fn max_over_splits(local: u32, value: f32) -> f32 {
  split_values[local] = vec4f(value);
  workgroupBarrier();
  var highest = value;
  for (var s = 0u; s < SPLITS; s++) { highest = max(highest, split_values[s * GROUP_ROWS + local % GROUP_ROWS].x); }
  workgroupBarrier();
  return highest;
}
