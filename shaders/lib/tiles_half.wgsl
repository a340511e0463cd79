// tiles_half: the tiles of product_workgroup hold f16, which halves the workgroup memory and the reads from it.
// Numerics  operands rounded to 11 bits, sums in f32: the error of a sum of K products of size 1 is about 2⁻¹¹ · √K. Values
//           beyond 65504 overflow and values below 6e-8 underflow, so gradients are not computed from f16
enable f16;
alias Stored = f16;
alias Stored4 = vec4<f16>;
