// How a checkpoint is stored: tensor names and the model's description, in and out. One file per format.
import type { SafetensorsHeader } from '../../io/safetensors-header.ts';
import type { Blueprint } from '../blueprint.ts';

/** A checkpoint without its tensors. */
export interface Description {
  readonly blueprint: Blueprint;
  /** The words by id. */
  readonly vocabulary?: readonly string[];
  /** Instead of a vocabulary of words: the text of a tokenizer.json whose pieces are the rows of the word embedding, those of
   * its padding aside. */
  readonly tokenizer?: string;
  /** The task the model was trained on, as JSON whose schema belongs to the task. */
  readonly task?: unknown;
  /** What else is needed to continue training; likewise JSON. */
  readonly training?: unknown;
}

/** A readable format. */
export interface CheckpointFormat {
  /** Whether a file with this header has this format. */
  recognises(header: Pick<SafetensorsHeader, 'metadata'>): boolean;
  /** The file's description of its model. @throws InputError naming the field, what was found and what was expected */
  describe(header: Pick<SafetensorsHeader, 'metadata'>, where: string): Description;
  /**
   * Our name for a tensor of the file: a parameter's, or a moment's with its prefix. Undefined for a tensor that is not
   * a parameter and is ignored, whatever its type. An unknown name is returned unchanged, and refused later.
   */
  nameIn(stored: string): string | undefined;
}

/** A format that can also be written. */
export interface WritableFormat extends CheckpointFormat {
  /** The name in the file. */
  nameOut(ours: string): string;
  /** @throws InputError for everything that `describe` would refuse */
  metadata(description: Description, where: string): Record<string, string>;
}
