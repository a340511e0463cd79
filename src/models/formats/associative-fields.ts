// What a configuration says, and does not say, of an associative memory.
import { type Assumed, countIn, type Fields, type Given, shapeOf } from './foreign.ts';

/**
 * The fields of an ARMT around GPT-2, which no file of its authors says: size from the weights, the rest assumed as in
 * the published version.
 * @param keys   the name of a layer's key projection
 * @param table  the name of the position table
 */
export function associativeFields(
  given: Given,
  memory: number,
  { keys, table }: { readonly keys: string; readonly table: string },
): { readonly fields: Fields; readonly assumed: readonly Assumed[] } {
  const { config } = given;
  const rows = shapeOf(given, table, 2)[0] ?? 0;
  const positions = countIn(given, 'n_positions', 1024);
  // wrap_pos: rows for the memory tokens, beyond those of the configuration.
  const atEnd = config['write_positions'] === undefined && memory > 0 && rows === positions + memory;
  const assumed: Assumed[] = [];
  const choose = (field: string, value: unknown, why: string) => {
    if (config[field] !== undefined) return config[field];
    assumed.push({ field, value, why });
    return value;
  };
  return {
    fields: {
      model_type: 'armt-gpt2',
      d_mem: shapeOf(given, keys, 2)[0],
      key_norm: choose('key_norm', 'none', 'as in the published version of ARMT; l2 in its experimental branch'),
      correction: choose('correction', true, "as in ARMT's scripts"),
      ...(atEnd ? { write_positions: 'end', n_positions: rows } : {}),
    },
    assumed,
  };
}
