// One state dict from a model's files: tensors by name, read when they are needed.
import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import type { FileTensor } from '../../io/file-tensor.ts';
import { quoted } from '../../io/message.ts';
import { recogniseFile, wrongKind } from '../../io/recognise.ts';
import { openSafetensors } from '../../io/safetensors-file.ts';
import { bytesOf, type TextSource } from '../../io/text-source.ts';
import { readTorchFile } from '../../io/torch-file.ts';
import { baseName } from '../../io/zip.ts';
import type { LeftOut, ModelFiles } from './model-files.ts';

export interface StateDict {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly leftOut: readonly LeftOut[];
  /** Of a safetensors file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Larger ones describe no model. */
const longestJson = 2 ** 26;

/** A file's JSON object. @throws InputError if it is none */
export async function readJsonFile(source: TextSource): Promise<Readonly<Record<string, unknown>>> {
  if (source.size > longestJson) throw new InputError(source.name, `${source.size} bytes`, `at most ${longestJson}`);
  const kind = await recogniseFile(source);
  if (!kind.encoding) throw wrongKind(source.name, kind, 'a JSON object');
  if (kind.encoding !== 'utf-8')
    throw new InputError(
      source.name,
      `a text in ${kind.encoding === 'not-utf-8' ? 'another encoding' : 'UTF-16'}`,
      'UTF-8',
    );
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(await bytesOf(source, 0, source.size)));
  } catch {
    throw new InputError(source.name, 'not JSON: cut off, or with comments or NaN', 'a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(source.name, 'JSON of another kind', 'a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

/** The names under which scripts save a model's state dict beside other things. */
const nested = ['model_state_dict', 'state_dict', 'model', 'module'];

/** The tensors of what torch.save wrote, from the dictionary that holds the model's. */
async function openTorch(source: TextSource): Promise<StateDict> {
  const found = await readTorchFile(source);
  const within = nested.find((name) => found.some(({ path }) => path.length > 1 && path[0] === name));
  const tensors = new Map<string, FileTensor>();
  const leftOut = new Map<string, LeftOut>();
  for (const { path, tensor } of found) {
    const [first = '', second] = path;
    if (within === undefined && second === undefined) tensors.set(first, tensor);
    else if (first === within && second !== undefined && path.length === 2) tensors.set(second, tensor);
    else {
      const why = first.includes('optim') ? 'state of the optimiser' : 'beside the state dict of the model';
      leftOut.set(first, { name: first, why });
    }
  }
  if (tensors.size === 0)
    throw new InputError(source.name, 'no tensors by name', 'a state dict, or one under model_state_dict');
  return { tensors, leftOut: [...leftOut.values()], metadata: {} };
}

const openWeights = async (source: TextSource): Promise<StateDict> =>
  (await recogniseFile(source)).kind === 'safetensors'
    ? { ...(await openSafetensors(source)), leftOut: [] }
    : await openTorch(source);

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

/** The part that each tensor is in, by the index. */
async function readIndex(source: TextSource): Promise<ReadonlyMap<string, string>> {
  const parsed = v.safeParse(indexSchema, await readJsonFile(source));
  if (!parsed.success)
    throw new InputError(source.name, 'a weight_map of another form', 'the file of each tensor by its name');
  return new Map(Object.entries(parsed.output.weight_map));
}

/**
 * Open a model's weights as one state dict.
 * @throws InputError if a part is missing, double or foreign to the index, if a tensor is in two parts or missing in its
 *         own, and for every file that cannot be read
 */
export async function openStateDict({ weights, index, leftOut }: ModelFiles): Promise<StateDict> {
  const map = index && (await readIndex(index));
  if (index && map) checkParts(weights, new Set(map.values()), index.name);
  const tensors = new Map<string, FileTensor>();
  const owner = new Map<string, string>();
  const left = [...leftOut];
  let metadata: Readonly<Record<string, string>> = {};
  for (const source of weights) {
    const opened = await openWeights(source);
    for (const [name, tensor] of opened.tensors) {
      const other = owner.get(name);
      if (other !== undefined)
        throw new InputError(source.name, `${quoted(name)}, which ${other} has too`, 'every tensor in one part');
      if (map && map.get(name) !== baseName(source.name))
        throw new InputError(
          source.name,
          `${quoted(name)}, which the index ${map.has(name) ? `places in ${map.get(name)}` : 'does not name'}`,
          'parts that belong to the index',
        );
      owner.set(name, source.name);
      tensors.set(name, tensor);
    }
    left.push(...opened.leftOut);
    ({ metadata } = opened);
  }
  for (const [name, file] of map ?? [])
    if (!tensors.has(name)) throw new InputError(file, `no ${quoted(name)}`, `it, as the index ${index?.name} says`);
  return { tensors, leftOut: left, metadata };
}

/** Every part that the index names, once, and no other. */
function checkParts(weights: readonly TextSource[], named: ReadonlySet<string>, index: string): void {
  const given = weights.map(({ name }) => baseName(name));
  const missing = [...named].find((name) => !given.includes(name));
  if (missing !== undefined)
    throw new InputError(index, `${quoted(missing)} is missing`, 'all parts that the index names');
  const double = given.find((name, k) => given.indexOf(name) < k);
  if (double !== undefined) throw new InputError(index, `${quoted(double)} twice`, 'every part once');
  const foreign = given.find((name) => !named.has(name));
  if (foreign !== undefined)
    throw new InputError(index, `${quoted(foreign)}, which it does not name`, 'only parts that the index names');
}
