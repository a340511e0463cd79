// attention_backward_key_value_quads: d_k[j] = SCALE · Σ_i dS[i,j] · q[i];  d_v[j] = Σ_i P[i,j] · d_out[i];  dS = P ∘ (dP - delta)
// Layout    lib/attention_quads: 8 keys per quad, 16 queries per step; padding keys get 0
// Shapes    qkv, d_qkv (B,S,3·H·DH) · d_out (B,S,H·DH) · lse, delta (B,H,S) · lengths (B) u32 · counter (4) u32
// Writes    the key and value parts of d_qkv (=)
// Numerics  f32, fixed order: deterministic, no atomics. Dropped weights are redrawn from (element, STREAM, counter)
// Source    Dao 2023, arXiv:2307.08691, algorithm 2
const P_DROP: f32 = 0.0;
struct Sizes { B: u32, S: u32, H: u32, M: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> d_out: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> counter: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_qkv: array<vec4f>;
@group(0) @binding(7) var<uniform> sizes: Sizes;

fn d_out_at(b: u32, i: u32, h: u32, d: u32) -> mat4x4f {
  return mat4x4f(
    d_out[out_at(b, min(i, sizes.S - 1u), h) + d], d_out[out_at(b, min(i + 1u, sizes.S - 1u), h) + d],
    d_out[out_at(b, min(i + 2u, sizes.S - 1u), h) + d], d_out[out_at(b, min(i + 3u, sizes.S - 1u), h) + d]);
}

// Whether queries i … i+3 see key j; padding keys get no gradient.
fn seen(length: u32, i: vec4u, j: u32) -> vec4<bool> {
  let ends = vec4u(key_end(length, i.x), key_end(length, i.y), key_end(length, i.z), key_end(length, i.w));
  return (vec4u(j) < min(ends, vec4u(length))) & (i < vec4u(sizes.S));
}

@compute @workgroup_size(4u * QUADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = wg.x + wg.y * groups.x;
  if (group >= group_count()) { return; }
  let place = place_of(group);
  let b = place.b;
  let h = place.h;
  let length = lengths[b];
  let seed = vec2u(counter[0], counter[1]);
  let lane = local % 4u;
  let row = place.first + (local / 4u) * ROWS_A_QUAD;
  let row_lo = min(row + lane, sizes.S - 1u);
  let row_hi = min(row + 4u + lane, sizes.S - 1u);
  // With a causal mask, queries before these keys see none of them. The range is the same for the whole group.
  let begin = select(0u, place.first / COLUMNS_A_STEP, MASK == 1u);
  // No query sees padding.
  let end = select((sizes.S + COLUMNS_A_STEP - 1u) / COLUMNS_A_STEP, 0u, place.first >= length);
  var d_k: array<Tile, CHANNEL_BLOCKS>;
  var d_v: array<Tile, CHANNEL_BLOCKS>;
  for (var step = 0u; step < (sizes.S + COLUMNS_A_STEP - 1u) / COLUMNS_A_STEP; step++) {
    if (step < begin || step >= end) { continue; }
    let start = step * COLUMNS_A_STEP;
    let i = vec4u(start + lane * 4u) + vec4u(0u, 1u, 2u, 3u);
    // Initialised explicitly: SwiftShader does not clear a structure declared in a loop on later iterations.
    var s = Tile();
    var d_p = Tile();
    for (var d = 0u; d < DH4; d++) {
      s = multiply(
        s, gather(qkv[k_at(b, row_lo, h) + d]), gather(qkv[k_at(b, row_hi, h) + d]), transpose(queries_at(b, i.x, h, d)));
      d_p = multiply(
        d_p, gather(qkv[v_at(b, row_lo, h) + d]), gather(qkv[v_at(b, row_hi, h) + d]), transpose(d_out_at(b, i.x, h, d)));
    }
    let at = vec4u((b * sizes.H + h) * sizes.S) + min(i, vec4u(sizes.S - 1u));
    let log_sum = vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
    let own = vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
    var p = array<vec4f, 8>(s.r0, s.r1, s.r2, s.r3, s.r4, s.r5, s.r6, s.r7);
    var d_s = array<vec4f, 8>(d_p.r0, d_p.r1, d_p.r2, d_p.r3, d_p.r4, d_p.r5, d_p.r6, d_p.r7);
    for (var r = 0u; r < 8u; r++) {
      let j = row + r;
      let weight = select(vec4f(0.0), exp(p[r] * SCALE - log_sum), seen(length, i, j));
      var keep = vec4f(1.0);
      if (P_DROP > 0.0) {
        let cell = at * sizes.S + j;
        keep = vec4f(
          dropout_factor(cell.x, sizes.STREAM, seed, P_DROP), dropout_factor(cell.y, sizes.STREAM, seed, P_DROP),
          dropout_factor(cell.z, sizes.STREAM, seed, P_DROP), dropout_factor(cell.w, sizes.STREAM, seed, P_DROP));
      }
      d_s[r] = weight * (keep * d_s[r] - own) * SCALE;
      p[r] = weight * keep;
    }
    let d_scores = spread(Tile(d_s[0], d_s[1], d_s[2], d_s[3], d_s[4], d_s[5], d_s[6], d_s[7]));
    let weights = spread(Tile(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]));
    for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
      let d = min(c * 4u + lane, DH4 - 1u);
      d_k[c] = accumulate(
        d_k[c], d_scores, queries_at(b, start, h, d), queries_at(b, start + 4u, h, d), queries_at(b, start + 8u, h, d),
        queries_at(b, start + 12u, h, d));
      d_v[c] = accumulate(
        d_v[c], weights, d_out_at(b, start, h, d), d_out_at(b, start + 4u, h, d), d_out_at(b, start + 8u, h, d),
        d_out_at(b, start + 12u, h, d));
    }
  }
  for (var c = 0u; c < CHANNEL_BLOCKS; c++) {
    let d = c * 4u + lane;
    for (var r = 0u; r < 8u; r++) {
      if (row + r < sizes.S && d < DH4) {
        d_qkv[k_at(b, row + r, h) + d] = row_of(d_k[c], r);
        d_qkv[v_at(b, row + r, h) + d] = row_of(d_v[c], r);
      }
    }
  }
}
