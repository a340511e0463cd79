// Cosine similarity between the memory states of a stream: of evenly spaced segments, as many as a byte budget allows.

export type SimilarityMeasure = 'flat' | 'mean';

interface Measured {
  readonly unit: Float32Array[];
  /** (limit, limit), row-major with stride `limit`. */
  cosines: Float32Array;
}

function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const x of vector) squares += x * x;
  const norm = Math.sqrt(squares);
  return norm > 0 ? vector.map((x) => x / norm) : vector;
}

/** The mean of the M vectors in `memory` (M, D). */
export function meanToken(memory: Float32Array, tokens: number): Float32Array {
  const width = tokens > 0 ? memory.length / tokens : 0;
  const mean = new Float32Array(width);
  for (let m = 0; m < tokens; m++)
    for (let d = 0; d < width; d++) mean[d] = (mean[d] ?? 0) + (memory[m * width + d] ?? 0) / tokens;
  return mean;
}

/**
 * Byte budget of the memory states kept for comparison. An RMT state takes kilobytes, so the number of segments is what
 * limits its picture; the caches and associations of a model of BERT-base's size take 14 MB or more each, and this
 * budget holds about 17 of them: fewer would not make a picture.
 */
export const SIMILARITY_BYTES = 256e6;
/** Maximum segments compared: the picture has this many rows and columns, and each new segment is compared with all. */
const MOST_SEGMENTS = 256;

/**
 * Takes memories one by one. When there are more than `limit`, or they take more than `budget` bytes, every other one
 * is dropped and from then on only 1 in 2, 4, … segments is kept: adding costs at most O(limit · M · D). Two are always
 * kept, whatever their size.
 */
export class Similarity {
  /** Distance between kept segments. */
  stride = 1;
  private readonly segments: number[] = [];
  private readonly measured: Record<SimilarityMeasure, Measured>;

  /** Bytes of the kept states. */
  bytes = 0;

  constructor(
    private readonly tokens: number,
    readonly limit = MOST_SEGMENTS,
    readonly budget = SIMILARITY_BYTES,
  ) {
    const empty = (): Measured => ({ unit: [], cosines: new Float32Array(limit * limit) });
    this.measured = { flat: empty(), mean: empty() };
  }

  /** The kept segments, ascending. */
  get kept(): readonly number[] {
    return this.segments;
  }

  add(segment: number, memory: Float32Array): void {
    if (memory.length === 0 || segment % this.stride !== 0) return;
    const mean = meanToken(memory, this.tokens);
    const bytes = memory.byteLength + mean.byteLength;
    while (this.segments.length > 1 && (this.segments.length === this.limit || this.bytes + bytes > this.budget)) {
      this.thin();
      if (segment % this.stride !== 0) return;
    }
    this.segments.push(segment);
    this.bytes += bytes;
    this.extend(this.measured.flat, normalised(memory));
    this.extend(this.measured.mean, normalised(mean));
  }

  /** Cosine of the i-th and j-th kept memories. */
  at(measure: SimilarityMeasure, i: number, j: number): number {
    return this.measured[measure].cosines[i * this.limit + j] ?? Number.NaN;
  }

  private extend({ unit, cosines }: Measured, vector: Float32Array): void {
    const n = unit.length;
    unit.push(vector);
    unit.forEach((other, i) => {
      let dot = 0;
      for (let d = 0; d < vector.length; d++) dot += (vector[d] ?? 0) * (other[d] ?? 0);
      cosines[n * this.limit + i] = dot;
      cosines[i * this.limit + n] = dot;
    });
  }

  private thin(): void {
    this.stride *= 2;
    const staying = this.segments.flatMap((segment, i) => (segment % this.stride === 0 ? [i] : []));
    for (const measured of [this.measured.flat, this.measured.mean]) {
      const thinned = new Float32Array(this.limit * this.limit);
      staying.forEach((i, row) => {
        staying.forEach((j, column) => {
          thinned[row * this.limit + column] = measured.cosines[i * this.limit + j] ?? 0;
        });
      });
      measured.cosines = thinned;
      const unit = staying.flatMap((i) => measured.unit[i] ?? []);
      measured.unit.splice(0, measured.unit.length, ...unit);
    }
    const { flat, mean } = this.measured;
    this.bytes = [...flat.unit, ...mean.unit].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const segments = staying.flatMap((i) => this.segments[i] ?? []);
    this.segments.splice(0, this.segments.length, ...segments);
  }
}
