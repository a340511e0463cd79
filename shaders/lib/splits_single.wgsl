// splits_single: one invocation per row, without workgroup memory or barriers.
const SPLITS = 1u;
const GROUP_ROWS = 64u;
fn split_of(local: u32) -> u32 { return 0u; }
fn has_no_row(row: u32, rows: u32) -> bool { return row >= rows; }
fn sum_over_splits(local: u32, value: vec4f) -> vec4f { return value; }
fn max_over_splits(local: u32, value: f32) -> f32 { return value; }
