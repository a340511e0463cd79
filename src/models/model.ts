// A model's weights on the GPU, without any recorded program.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import type { Blueprint } from './blueprint.ts';
import { Parameters, specsOf } from './parameters.ts';
import { type Trained, trains } from './trained.ts';

/** Shared by everything that trains, evaluates or streams it. */
export class Model {
  private constructor(
    readonly gpu: Gpu,
    readonly blueprint: Blueprint,
    readonly parameters: Parameters,
  ) {}

  /**
   * @param trained what an optimiser will change; `nothing` where only states and activations need a gradient
   * @throws InputError if that is nothing; RangeError if there is not enough GPU memory
   */
  static async create(gpu: Gpu, blueprint: Blueprint, trained: Trained | 'nothing' = 'all'): Promise<Model> {
    const isTrained = (name: string) => trained !== 'nothing' && trains(blueprint, trained, name);
    if (trained !== 'nothing' && !specsOf(blueprint.parameters()).some(({ name }) => isTrained(name)))
      throw new InputError(
        'trained',
        trained,
        `all or all-but-embeddings: the ${blueprint.description} has neither memory vectors nor a head of its own`,
      );
    const parameters = await gpu.guarded('parameters', () => new Parameters(gpu, blueprint.parameters(), isTrained));
    return new Model(gpu, blueprint, parameters);
  }

  get config(): Blueprint['config'] {
    return this.blueprint.config;
  }

  release(): void {
    this.parameters.release();
  }
}
