// The tape: ops record their forward pass at once and register their backward pass; gradients are tensors like any
// other.

import type { Kernel, Params } from './gpu/kernel.ts';
import type { Program, Workgroups } from './gpu/program.ts';
import { add } from './ops/add.ts';
import type { DType, Shape, Tensor } from './tensor.ts';

interface Slot {
  readonly tensor: Tensor;
  /** A gradient has been written, so the next write must add. */
  begun: boolean;
}

/** Where an op writes a gradient, and whether it adds to the present contents. */
export interface Claim {
  readonly into: Tensor;
  readonly accumulate: boolean;
}

export class Tape {
  private readonly slots = new Map<Tensor, Slot>();
  private readonly steps: { readonly section: string; readonly back: () => void }[] = [];

  constructor(
    readonly program: Program,
    /** A backward pass will follow. */
    readonly training = false,
    /** Draw dropout masks, and noise. */
    readonly drops = training,
  ) {}

  tensor(label: string, shape: Shape, dtype?: DType): Tensor {
    return this.program.tensor(label, shape, dtype);
  }

  constant(label: string, shape: Shape, data: Float32Array<ArrayBuffer>): Tensor {
    return this.program.constant(label, shape, data);
  }

  emit(kernel: Kernel, tensors: Readonly<Record<string, Tensor>>, params: Params, workgroups: Workgroups): void {
    this.program.dispatch(kernel, tensors, params, workgroups);
  }

  /** Register the backward pass of the op just recorded. It runs in the section `<section> backward`. */
  onBackward(back: () => void): void {
    this.steps.push({ section: this.program.currentSection, back });
  }

  /**
   * Set where the gradient of `tensor` is stored.
   * @param begun it already holds a gradient: ops add to it (parameters), and ops find it (results)
   */
  bindGradient(tensor: Tensor, gradient: Tensor, begun: boolean): void {
    this.slots.set(tensor, { tensor: gradient, begun });
  }

  /** The gradient that reached `tensor` from the ops after it, or undefined if none did. */
  gradient(tensor: Tensor): Tensor | undefined {
    const slot = this.slots.get(tensor);
    return slot?.begun ? slot.tensor : undefined;
  }

  /** Where to write `tensor`'s gradient: the first op to claim it overwrites, later ones add. */
  claim(tensor: Tensor): Claim {
    const slot = this.slots.get(tensor);
    if (!slot) {
      const into = this.tensor(`d ${tensor.label}`, tensor.shape);
      this.slots.set(tensor, { tensor: into, begun: true });
      return { into, accumulate: false };
    }
    const accumulate = slot.begun;
    slot.begun = true;
    return { into: slot.tensor, accumulate };
  }

  /**
   * Pass a gradient on unchanged (a residual connection). If `tensor` has no gradient yet, `gradient` becomes it without a
   * copy, so the op must have finished reading it.
   */
  passOn(tensor: Tensor, gradient: Tensor): void {
    const slot = this.slots.get(tensor);
    if (!slot) this.slots.set(tensor, { tensor: gradient, begun: true });
    else {
      add(this, gradient, slot.tensor, slot.begun);
      slot.begun = true;
    }
  }

  /** Record the backward pass: the ops in reverse order, each in its own `… backward` section. */
  backward(): void {
    for (const { section, back } of this.steps.reverse()) {
      this.program.section(`${section} backward`);
      back();
    }
    this.steps.length = 0;
  }
}
