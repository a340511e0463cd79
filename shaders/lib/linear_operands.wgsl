// linear_operands: the operands of a forward linear layer, inp (R,K) and weight (N,K), in the form lib/product requires.
const A_ACROSS = false;
const B_ACROSS = false;
const SUMS = false;
fn shape() -> Shape { return Shape(sizes.R, sizes.N, sizes.K, sizes.K / 4u, sizes.K / 4u); }
fn a_load(at: u32) -> vec4f { return inp[at]; }
fn b_load(at: u32) -> vec4f { return weight[at]; }
fn store_sums(vec: u32, sums: vec4f) {}
