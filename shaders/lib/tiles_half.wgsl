// tiles_half: the tiles of product_workgroup hold f16: half the workgroup memory, and half of what is read from it.
// Numerics  operands rounded to 11 bits, sums in f32: a sum of K products of size 1 is off by some 2⁻¹¹ · √K. What is
//           beyond 65504 overflows and what is below 6e-8 is lost, so gradients do not go through it
enable f16;
alias Stored = f16;
alias Stored4 = vec4<f16>;
