// attention_forward: out[b,i,h] = Σ_j P[i,j] · v[b,j,h],  P = softmax_j(SCALE · q[b,i,h]·k[b,j,h]),  j < key_end
// Layout    SPLITS invocations per QUERIES queries of a head (lib/splits, or one); keys in blocks of four, S×S is never stored
// Shapes    qkv (B,S,3·H·DH) · lengths (B) u32 · counter (4) u32 · out (B,Q,H·DH) · lse (B,H,Q): the first Q queries of a
//           sequence; DH a multiple of 4
// Caches    lse[b,h,i] = ln Σ_j exp(SCALE · q·k), for the backward kernels and attention_weights
// Numerics  running maximum, of each split; QUERIES changes no bit of a query. With P_DROP > 0 the weights are dropped after the softmax, as in BERT
// Source    Dao et al. 2022, arXiv:2205.14135 (the running maximum); segment-local as in arXiv:2304.11062;
//           the block mask as in Bulatov et al. 2022, arXiv:2207.06881
const P_DROP: f32 = 0.0;
// Queries of an invocation, which share its loads of keys and values.
const QUERIES: u32 = 1u;
struct Sizes { B: u32, S: u32, H: u32, M: u32, Q: u32, STREAM: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> counter: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(GROUP_ROWS * SPLITS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row_index = (wg.x + wg.y * groups.x) * GROUP_ROWS + local % GROUP_ROWS;
  let split = split_of(local);
  let blocks = (sizes.Q + QUERIES - 1u) / QUERIES;
  let rows = sizes.B * sizes.H * blocks;
  if (has_no_row(row_index, rows)) { return; }
  let index = min(row_index, rows - 1u);
  let first = (index % blocks) * QUERIES;
  let h = (index / blocks) % sizes.H;
  let b = index / (blocks * sizes.H);
  let row = (b * sizes.H + h) * sizes.Q;
  let seed = vec2u(counter[0], counter[1]);
  var end = 0u;
  var ends: array<u32, QUERIES>;
  var q: array<vec4f, QUERIES * DH4>;
  var o: array<vec4f, QUERIES * DH4>;
  var highest: array<f32, QUERIES>;
  var sum: array<f32, QUERIES>;
  for (var r = 0u; r < QUERIES; r++) {
    let i = min(first + r, sizes.Q - 1u);
    ends[r] = key_end(lengths[b], i);
    end = max(end, ends[r]);
    highest[r] = MASKED;
    sum[r] = 0.0;
    for (var d = 0u; d < DH4; d++) {
      q[r * DH4 + d] = qkv[q_at(b, i, h) + d] * SCALE;
      o[r * DH4 + d] = vec4f(0.0);
    }
  }
  for (var block = 0u; block < (sizes.S + 4u * SPLITS - 1u) / (4u * SPLITS); block++) {
    let j = (block * SPLITS + split) * 4u;
    if (j >= end) { break; }
    let j1 = min(j + 1u, sizes.S - 1u);
    let j2 = min(j + 2u, sizes.S - 1u);
    let j3 = min(j + 3u, sizes.S - 1u);
    var s: array<vec4f, QUERIES>;
    for (var r = 0u; r < QUERIES; r++) { s[r] = vec4f(0.0); }
    for (var d = 0u; d < DH4; d++) {
      let k0 = qkv[k_at(b, j, h) + d];
      let k1 = qkv[k_at(b, j1, h) + d];
      let k2 = qkv[k_at(b, j2, h) + d];
      let k3 = qkv[k_at(b, j3, h) + d];
      for (var r = 0u; r < QUERIES; r++) {
        let each = q[r * DH4 + d];
        s[r] += vec4f(dot(each, k0), dot(each, k1), dot(each, k2), dot(each, k3));
      }
    }
    for (var r = 0u; r < QUERIES; r++) {
      // A query that sees none of these keys keeps its sums to the bit: they shrink by 1 and grow by 0.
      let seen = select(vec4f(MASKED), s[r], vec4u(j, j + 1u, j + 2u, j + 3u) < vec4u(ends[r]));
      let next = max(max(max(seen.x, seen.y), max(seen.z, seen.w)), highest[r]);
      let shrink = exp(highest[r] - next);
      var p = exp(seen - next);
      highest[r] = next;
      sum[r] = sum[r] * shrink + dot(p, vec4f(1.0));
      if (P_DROP > 0.0) {
        let at = (row + first + r) * sizes.S + j;
        p *= vec4f(
          dropout_factor(at, sizes.STREAM, seed, P_DROP), dropout_factor(at + 1u, sizes.STREAM, seed, P_DROP),
          dropout_factor(at + 2u, sizes.STREAM, seed, P_DROP), dropout_factor(at + 3u, sizes.STREAM, seed, P_DROP));
      }
      s[r] = p;
      for (var d = 0u; d < DH4; d++) { o[r * DH4 + d] *= shrink; }
    }
    for (var d = 0u; d < DH4; d++) {
      let v0 = qkv[v_at(b, j, h) + d];
      let v1 = qkv[v_at(b, j1, h) + d];
      let v2 = qkv[v_at(b, j2, h) + d];
      let v3 = qkv[v_at(b, j3, h) + d];
      for (var r = 0u; r < QUERIES; r++) {
        let p = s[r];
        o[r * DH4 + d] = o[r * DH4 + d] + p.x * v0 + p.y * v1 + p.z * v2 + p.w * v3;
      }
    }
  }
  for (var r = 0u; r < QUERIES; r++) {
    let i = first + r;
    if (SPLITS > 1u) {
      let top = max_over_splits(local, highest[r]);
      let share = exp(highest[r] - top);
      highest[r] = top;
      sum[r] = sum_over_splits(local, vec4f(sum[r] * share)).x;
      for (var d = 0u; d < DH4; d++) { o[r * DH4 + d] = sum_over_splits(local, o[r * DH4 + d] * share); }
    }
    if (split == 0u && row_index < rows && i < sizes.Q) {
      for (var d = 0u; d < DH4; d++) { out[((b * sizes.Q + i) * sizes.H + h) * DH4 + d] = o[r * DH4 + d] / sum[r]; }
      lse[row + i] = highest[r] + log(sum[r]);
    }
  }
}
