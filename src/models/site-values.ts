// The tensors at a segment's sites, kept beyond the segment: to be read, or put into another reading.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { bytesOf, elements, type Shape, type Tensor } from '../engine/tensor.ts';
import type { Site } from './sites.ts';

/** Part of what one sequence has at a site: everything, unless a range [from, to) limits it. */
export interface SitePart {
  readonly positions?: readonly [from: number, to: number];
  readonly channels?: readonly [from: number, to: number];
}

/**
 * Encode copying part of one sequence's tensor to the same place of another's.
 * @param from (B, S, W) and the sequence in it
 * @param to   (B', S, W) and the sequence in it
 */
export function copyPart(
  encoder: GPUCommandEncoder,
  [from, sequence]: readonly [Tensor, number],
  [to, row]: readonly [Tensor, number],
  { positions, channels }: SitePart = {},
): void {
  const [, S = 0, W = 0] = from.shape;
  const [first, end] = positions ?? [0, S];
  const [start, stop] = channels ?? [0, W];
  const [source, target] = [from.storage.buffer, to.storage.buffer];
  if (!source || !target || source === target) throw new Error(`copy of ${from.label}: no buffer of its own`);
  const copy = (position: number, count: number) => {
    const at = (index: number) => 4 * ((index * S + position) * W + start);
    encoder.copyBufferToBuffer(source, from.offset + at(sequence), target, to.offset + at(row), 4 * count);
  };
  if (stop - start === W) copy(first, (end - first) * W);
  else for (let position = first; position < end; position++) copy(position, stop - start);
}

const shapeOf = ({ tensor: { shape } }: Site, sequences = shape[0] ?? 0): Shape => [sequences, ...shape.slice(1)];

export class SiteValues {
  private readonly kept: ReadonlyMap<Site, Tensor>;
  private readonly buffer: GPUBuffer;
  private readonly readback: Readback;

  private constructor(
    private readonly gpu: Gpu,
    sites: readonly Site[],
    sequences?: number,
  ) {
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.buffer = gpu.allocate('values at sites', SiteValues.bytesFor(sites, sequences), usage);
    const storage = { label: 'values at sites', bytes: this.buffer.size, buffer: this.buffer };
    let offset = 0;
    this.kept = new Map(
      sites.map((site) => {
        const tensor: Tensor = { ...site.tensor, shape: shapeOf(site, sequences), storage, offset };
        offset += bytesOf(tensor);
        return [site, tensor];
      }),
    );
    this.readback = new Readback(gpu);
  }

  /**
   * @param sequences keep those of the first sequences of the batch only; by default of all
   * @throws RangeError if there is not enough GPU memory
   */
  static create(gpu: Gpu, sites: readonly Site[], sequences?: number): Promise<SiteValues> {
    return gpu.guarded('values at sites', () => new SiteValues(gpu, sites, sequences));
  }

  static bytesFor(sites: readonly Site[], sequences?: number): number {
    return sites.reduce((sum, site) => sum + 4 * elements(shapeOf(site, sequences)), 0);
  }

  /** Encode keeping what is at this site now; does nothing at other sites. */
  take(encoder: GPUCommandEncoder, site: Site): void {
    const into = this.kept.get(site);
    const from = site.tensor.storage.buffer;
    if (into && from) encoder.copyBufferToBuffer(from, site.tensor.offset, this.buffer, into.offset, bytesOf(into));
  }

  /** What was kept of a site: (B, S, W). */
  of(site: Site): Tensor {
    const tensor = this.kept.get(site);
    if (!tensor) throw new Error(`values at sites: ${site.kind} ${site.layer} is not among them`);
    return tensor;
  }

  /** The numbers kept of some sites, once the commands that take them have been submitted. */
  read(sites: readonly Site[] = [...this.kept.keys()]): Promise<Float32Array<ArrayBuffer>[]> {
    return this.readback.now(sites.map((site) => this.of(site)));
  }

  release(): void {
    this.readback.release();
    this.gpu.release(this.buffer);
  }
}
