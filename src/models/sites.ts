// Sites: the tensors inside a recorded segment that can be looked at, or replaced while it runs.
import type { Program } from '../engine/gpu/program.ts';
import type { Tensor } from '../engine/tensor.ts';

/**
 * What is at a site. `embedding` (B, S, D): words, positions and memory, before anything else. `hidden` (B, S, D): the
 * input of the first layer (layer 0), and the output of layer l (l + 1), as in Hugging Face's `hidden_states`, but before
 * GPT-2's final layer norm.
 * `attended` (B, S, heads · channels of a head): the outputs of all heads of layer l, side by side.
 */
export type SiteKind = 'embedding' | 'hidden' | 'attended';

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

  /** @param stops whether the segment can be stopped at each site; otherwise its sections are those it always has */
  constructor(
    private readonly program: Program,
    readonly stops: boolean,
  ) {}

  get all(): readonly Site[] {
    return this.list;
  }

  /** The sections of a segment up to its head. */
  get sections(): readonly string[] {
    return ['encode', ...(this.stops ? this.list.map((_, index) => sectionAfter(index)) : [])];
  }

  /** A backbone has just computed this tensor, and nothing has read it yet. */
  at(kind: SiteKind, layer: number, tensor: Tensor): void {
    this.list.push({ kind, layer, tensor });
    if (this.stops) this.program.section(sectionAfter(this.list.length - 1));
  }

  /**
   * Encode a segment up to its head, stopping at each site.
   * @param visit what it encodes may read and replace the tensor there
   */
  replay(encoder: GPUCommandEncoder, visit: (site: Site) => void): void {
    if (!this.stops) throw new Error('sites: the segment does not stop (expected a recording with sites)');
    this.program.replay(encoder, 'encode');
    for (const [index, site] of this.list.entries()) {
      visit(site);
      this.program.replay(encoder, sectionAfter(index));
    }
  }
}
