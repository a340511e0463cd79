// Sites: the tensors inside a recorded segment that can be looked at, or replaced while it runs.
import type { Program } from '../engine/gpu/program.ts';
import type { Tensor } from '../engine/tensor.ts';
import { type PartKind, Parts, type SiteKind } from './parts.ts';

export type { SiteKind };

export interface Site {
  readonly kind: SiteKind;
  readonly layer: number;
  readonly tensor: Tensor;
}

/** The section that follows the site of this index; `encode` comes before the first. */
const sectionAfter = (index: number): string => `encode ${index + 1}`;

/** The sites of one segment, in the order in which it computes them. */
export class Sites {
  private readonly list: Site[] = [];

  /**
   * @param stops whether the segment can be stopped at each site, or at those of one kind; otherwise its sections are those
   *              it always has
   * @param parts those that are kept
   * @param embedded called with the embeddings before anything reads them, to change them in place
   */
  constructor(
    private readonly program: Program,
    readonly stops: boolean | SiteKind,
    readonly parts = new Parts(),
    private readonly embedded: (embeddings: Tensor) => void = () => {},
  ) {}

  get all(): readonly Site[] {
    return this.list;
  }

  /** The sections of a segment up to its head. */
  get sections(): readonly string[] {
    return ['encode', ...this.list.flatMap(({ kind }, index) => (this.stopsAt(kind) ? [sectionAfter(index)] : []))];
  }

  private stopsAt(kind: SiteKind): boolean {
    return this.stops === true || this.stops === kind;
  }

  /** A backbone has just computed this tensor, and nothing has read it yet. */
  at(kind: SiteKind, layer: number, tensor: Tensor): void {
    if (kind === 'embedding') this.embedded(tensor);
    this.list.push({ kind, layer, tensor });
    this.note(kind, layer, tensor);
    if (this.stopsAt(kind)) this.program.section(sectionAfter(this.list.length - 1));
  }

  /** The same for a tensor that can be looked at, but not replaced. */
  note(kind: PartKind, layer: number, tensor: Tensor): void {
    this.parts.note(kind, layer, tensor);
  }

  /** Whether every position is needed, since somebody looks. */
  get looked(): boolean {
    return this.stops !== false || this.parts.any;
  }

  /**
   * Encode a segment up to its head, stopping at each site.
   * @param visit what it encodes may read and replace the tensor there
   */
  replay(encoder: GPUCommandEncoder, visit: (site: Site) => void): void {
    if (!this.stops) throw new Error('sites: the segment does not stop (expected a recording with sites)');
    this.program.replay(encoder, 'encode');
    for (const [index, site] of this.list.entries()) {
      if (!this.stopsAt(site.kind)) continue;
      visit(site);
      this.program.replay(encoder, sectionAfter(index));
    }
  }
}
