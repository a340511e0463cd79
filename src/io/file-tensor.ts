// A tensor in a file, read when it is needed.

export interface FileTensor {
  /** As safetensors names it: F32, BF16, I64, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its numbers in row-major order, little-endian. The caller must not change them. */
  bytes(): Promise<Uint8Array>;
}
