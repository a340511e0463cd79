// linear_operands: the operands of a forward linear layer, inp (R,K) and weight (N,K), in the form lib/product requires.
const A_ACROSS = false;
const B_ACROSS = false;
const SUMS = false;
const LAYERED: bool = false;
// Where the layer's rows of inp and of the results begin, and its weight and bias; all 0 unless LAYERED.
var<private> inp_first: u32;
var<private> out_first: u32;
var<private> layer_first: u32;
fn shape() -> Shape {
  let rows = sizes.R / sizes.LAYERS;
  if (LAYERED) {
    inp_first = layer * rows * (sizes.K / 4u);
    out_first = layer * rows * (sizes.N / 4u);
    layer_first = layer * (sizes.STRIDE / 4u);
  }
  return Shape(rows, sizes.N, sizes.K, sizes.K / 4u, sizes.K / 4u);
}
fn a_load(at: u32) -> vec4f {
  if (LAYERED) { return inp[inp_first + at]; }
  return inp[at];
}
fn b_load(at: u32) -> vec4f {
  if (LAYERED) { return weight[layer_first + at]; }
  return weight[at];
}
fn store_sums(vec: u32, sums: vec4f) {}
