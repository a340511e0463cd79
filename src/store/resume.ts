// What a training checkpoint says of the run it belongs to; read before the file goes to the session.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { parseConfig, type RunConfig } from '../train/config.ts';

const header = v.object({ __metadata__: v.object({ training: v.string() }) });
const training = v.object({ config: v.record(v.string(), v.unknown()) });

/**
 * The run configuration in a checkpoint's metadata. The session checks all else.
 * @throws InputError if the file is no training checkpoint
 */
export function configOfTraining(name: string, bytes: Uint8Array): RunConfig {
  const wrong = (found: string) =>
    new InputError(name, found, 'a training checkpoint (.safetensors) saved by this page');
  if (bytes.length < 8) throw wrong(`${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > bytes.length - 8) throw wrong('not a safetensors file');
  const read = <S extends v.GenericSchema>(schema: S, text: string, found: string): v.InferOutput<S> => {
    try {
      return v.parse(schema, JSON.parse(text));
    } catch {
      throw wrong(found);
    }
  };
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  const { __metadata__ } = read(header, text, 'no state of a training run');
  return parseConfig(read(training, __metadata__.training, 'no configuration of a run').config, name);
}
