// A model's head applied to any hidden states, not only to those of its last layer: what a logit lens looks through.
// Source: nostalgebraist 2020, "interpreting GPT: the logit lens"
import { Program } from '../engine/gpu/program.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { Tape } from '../engine/tape.ts';
import type { Storage, Tensor } from '../engine/tensor.ts';
import type { Model } from './model.ts';
import { SegmentInputs } from './segments.ts';
import { Sites } from './sites.ts';

/** States at once: few, because each gives as many logits as there are words. */
const ROWS = 32;

export class Readout {
  private readonly readback: Readback;

  private constructor(
    private readonly model: Model,
    private readonly program: Program,
    private readonly inputs: SegmentInputs,
    private readonly states: Tensor,
    private readonly logits: Tensor,
  ) {
    this.readback = new Readback(model.gpu);
  }

  /** @throws RangeError if there is not enough GPU memory */
  static async create(model: Model): Promise<Readout> {
    const { gpu, blueprint, parameters } = model;
    const { layout, shape, config } = blueprint;
    const readout = await gpu.guarded('readout', () => {
      const program = new Program(gpu, 'readout');
      const storage: Storage = gpu.storage('states to read out', 4 * ROWS * shape.hiddenSize);
      const states: Tensor = { label: 'states', shape: [ROWS, shape.hiddenSize], dtype: 'f32', storage, offset: 0 };
      const inputs = new SegmentInputs(gpu, config, layout, 1, shape.cacheSize);
      const tape = new Tape(program, false);
      const sites = new Sites(program, false);
      const logits = program.keep(blueprint.readout({ tape, parameters, inputs, layout, sites }, states));
      return new Readout(model, program, inputs, states, logits);
    });
    try {
      await readout.program.finish();
      return readout;
    } catch (error) {
      readout.release();
      throw error;
    }
  }

  /**
   * @param states (n, D), the output of any layer at positions that the head could read
   * @returns for each of them its logits (classes), or (words) of a generative model
   */
  async read(states: readonly Float32Array[]): Promise<Float32Array[]> {
    const { device } = this.model.gpu;
    const { classes } = this.model.blueprint.shape;
    const columns = this.logits.shape[1] ?? 0;
    const rows: Float32Array[] = [];
    for (let from = 0; from < states.length; from += ROWS) {
      const some = states.slice(from, from + ROWS);
      some.forEach((state, i) => {
        const buffer = this.states.storage.buffer as GPUBuffer;
        device.queue.writeBuffer(buffer, 4 * i * state.length, Float32Array.from(state));
      });
      const encoder = device.createCommandEncoder();
      this.program.replay(encoder, 'main');
      const read = this.readback.copy(encoder, [this.logits]);
      device.queue.submit([encoder.finish()]);
      const [logits = new Float32Array(0)] = await read();
      for (const i of some.keys()) rows.push(logits.slice(i * columns, i * columns + classes));
    }
    return rows;
  }

  release(): void {
    this.readback.release();
    this.program.release();
    this.inputs.release();
    this.model.gpu.release(this.states.storage.buffer);
  }
}
