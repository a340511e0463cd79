// lanes: sums and maxima over the LANES invocations that share one row of a 64-invocation workgroup.
// Layout    LANES = 1 needs no barrier, which is fastest on software adapters; GPUs use up to 32
// Numerics  a fixed tree: the same bits every time
const LANES: u32 = 1u;
var<workgroup> lane_sums: array<vec2f, 64>;
// All lanes reach each barrier: those without a row repeat the last one.
fn lane_has_no_row(row: u32, rows: u32) -> bool { return false; }

fn sum_over_lanes(local: u32, value: vec2f) -> vec2f {
  if (LANES == 1u) { return value; }
  lane_sums[local] = value;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if (local % LANES < half) { lane_sums[local] += lane_sums[local + half]; }
    workgroupBarrier();
  }
  let sum = lane_sums[local - local % LANES];
  workgroupBarrier();
  return sum;
}

// A value and where it is.
struct Highest { value: f32, at: u32 }

// The highest; of equal ones the first. Places are exact as f32 up to 2^24.
fn highest_over_lanes(local: u32, own: Highest) -> Highest {
  if (LANES == 1u) { return own; }
  lane_sums[local] = vec2f(own.value, f32(own.at));
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half = half / 2u) {
    if (local % LANES < half) {
      let one = lane_sums[local];
      let other = lane_sums[local + half];
      if (other.x > one.x || (other.x == one.x && other.y < one.y)) { lane_sums[local] = other; }
    }
    workgroupBarrier();
  }
  let best = lane_sums[local - local % LANES];
  workgroupBarrier();
  return Highest(best.x, u32(best.y));
}
