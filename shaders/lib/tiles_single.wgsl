// tiles_single: the tiles of product_workgroup hold f32.
alias Stored = f32;
alias Stored4 = vec4f;
