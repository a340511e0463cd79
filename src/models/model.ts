// A model's weights on the GPU, without any recorded program.
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Blueprint } from './blueprint.ts';
import { Parameters } from './parameters.ts';

/** Shared by everything that trains, evaluates or streams it. */
export class Model {
  private constructor(
    readonly gpu: Gpu,
    readonly blueprint: Blueprint,
    readonly parameters: Parameters,
  ) {}

  /** @throws RangeError if there is not enough GPU memory */
  static async create(gpu: Gpu, blueprint: Blueprint): Promise<Model> {
    const parameters = await gpu.guarded('parameters', () => new Parameters(gpu, blueprint.parameters()));
    return new Model(gpu, blueprint, parameters);
  }

  get config(): Blueprint['config'] {
    return this.blueprint.config;
  }

  release(): void {
    this.parameters.release();
  }
}
