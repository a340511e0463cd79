// Parts: the tensors of a recorded segment by name, some of which are kept to be looked at, with their gradients.
import { add } from '../engine/ops/add.ts';
import type { Tape } from '../engine/tape.ts';
import type { Tensor } from '../engine/tensor.ts';

/**
 * What is at a site. `embedding` (B, S, D): words, positions and memory, before anything else. `hidden` (B, S, D): the
 * input of the first layer (layer 0), and the output of layer l (l + 1), as in Hugging Face's `hidden_states`, but before
 * GPT-2's final layer norm.
 * `attended` (B, S, heads · channels of a head): the outputs of all heads of layer l, side by side.
 */
export type SiteKind = 'embedding' | 'hidden' | 'attended';

/**
 * What a part is, besides the tensors at sites: `projected` (B, cache + S, 3 · heads · channels): queries, keys and values
 * of all heads. `weights` (B, heads, S, cache + S): attention. `mixed` (B, S, D): the output of attention with its residual.
 * `inner` and `activated` (B, S, F): the hidden layer of the feed-forward block before and after its activation. `output`
 * (B, S, D): what memory and head read. `logits` (rows of the head, classes rounded up to a multiple of 4).
 */
export type PartKind = SiteKind | 'projected' | 'weights' | 'mixed' | 'inner' | 'activated' | 'output' | 'logits';

export interface PartAt {
  readonly kind: PartKind;
  /** As at a site: of layer l, except that `hidden` l + 1 is the output of layer l. 0 for what no layer computes. */
  readonly layer: number;
}

/** A part that is kept. */
export interface Part extends PartAt {
  readonly value: Tensor;
  /** In training: its gradient, a copy that nothing changes later. Undefined if the backward pass does not compute it. */
  readonly gradient: Tensor | undefined;
}

export class Parts {
  private readonly kept: { -readonly [K in keyof Part]: Part[K] }[] = [];

  /** @param wanted the parts to keep; nothing is recorded for any other */
  constructor(
    private readonly tape: Tape | undefined = undefined,
    private readonly wanted: readonly PartAt[] = [],
  ) {}

  get all(): readonly Part[] {
    return this.kept;
  }

  /** Whether anything is looked at. */
  get any(): boolean {
    return this.wanted.length > 0;
  }

  wants(kind: PartKind, layer: number): boolean {
    return this.wanted.some((each) => each.kind === kind && each.layer === layer);
  }

  /**
   * A backbone has just computed this tensor, and nothing has read it yet: so its gradient is complete when the backward
   * pass comes here. Later the same buffer may hold the gradient of another tensor.
   */
  note(kind: PartKind, layer: number, tensor: Tensor): void {
    const { tape } = this;
    if (!tape || !this.wants(kind, layer)) return;
    const part: (typeof this.kept)[number] = { kind, layer, value: tape.program.keep(tensor), gradient: undefined };
    this.kept.push(part);
    tape.onBackward(() => {
      const gradient = tape.gradient(tensor);
      if (!gradient) return;
      part.gradient = tape.program.keep(tape.tensor(`gradient of ${tensor.label}`, tensor.shape));
      add(tape, gradient, part.gradient, false);
    });
  }
}
