// How a checkpoint is stored: names of tensors, and what a file says of its model, in and out. One file for each format.
import type { SafetensorsHeader } from '../../io/safetensors-header.ts';
import type { Blueprint } from '../blueprint.ts';

/** A checkpoint but for its tensors. */
export interface Description {
  readonly blueprint: Blueprint;
  /** The words by id. */
  readonly vocabulary?: readonly string[];
  /** What the model was trained to do; JSON that whoever wrote it understands. */
  readonly task?: unknown;
  /** What else it takes to continue training; likewise. */
  readonly training?: unknown;
}

/** A format that can be read. */
export interface CheckpointFormat {
  /** Whether a file with this header is of the format. */
  recognises(header: SafetensorsHeader): boolean;
  /** What the file says of its model. @throws InputError naming the field, what was found and what was expected */
  describe(header: SafetensorsHeader, where: string): Description;
  /**
   * Our name for a tensor of the file: a parameter's, or a moment's with its prefix. Undefined for one that is no
   * parameter and is left out, whatever its type; a name that nothing is known of stays as it is, and is refused.
   */
  nameIn(stored: string): string | undefined;
}

/** A format that can be written, too. */
export interface WritableFormat extends CheckpointFormat {
  /** The name in the file. */
  nameOut(ours: string): string;
  /** @throws InputError for everything that `describe` would refuse */
  metadata(description: Description, where: string): Record<string, string>;
}
