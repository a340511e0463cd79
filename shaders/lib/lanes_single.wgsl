// lanes_single: one invocation per row, without workgroup memory or barriers; lib/lanes has several.
const LANES = 1u;
fn sum_over_lanes(local: u32, value: vec2f) -> vec2f { return value; }
fn lane_has_no_row(row: u32, rows: u32) -> bool { return row >= rows; }
struct Highest { value: f32, at: u32 }
fn highest_over_lanes(local: u32, own: Highest) -> Highest { return own; }
