// linear_operands: the operands of a forward linear layer, inp (R,K) and weight (N,K), as lib/product asks for them.
const ROWS = R;
const COLS = N;
const INNER = K;
const A_ACROSS = false;
const B_ACROSS = false;
const SUMS = false;
fn a_load(at: u32, vec: u32) -> vec4f { return inp[at * (K / 4u) + vec]; }
fn b_load(at: u32, vec: u32) -> vec4f { return weight[at * (K / 4u) + vec]; }
fn store_sums(vec: u32, sums: vec4f) {}
