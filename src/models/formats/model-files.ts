// The files that make up a published model, each recognised by its content, whatever their order and however they are
// called.
import { InputError } from '../../errors.ts';
import { quoted } from '../../io/message.ts';
import { type FileKind, type Recognised, recogniseFile, wrongKind } from '../../io/recognise.ts';
import type { TextSource } from '../../io/text-source.ts';
import { baseName } from '../../io/zip.ts';

/** What is not taken from a model's files, and why. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

export interface ModelFiles {
  /** One file, or every part of a model in several. */
  readonly weights: readonly TextSource[];
  readonly index?: TextSource;
  readonly config?: TextSource;
  readonly leftOut: readonly LeftOut[];
}

/** What trainers write beside a model with torch.save: state of the run, no weights. */
const runState = /^(training_args|optimizer|scheduler|scaler|rng_state(_\d+)?|random_states(_\d+)?)\.(bin|pt|pth|pkl)$/;
/** What files of weights are called. */
const weightsName = /\.(safetensors|bin|pth?|ckpt)$/;
/** The name of a part of a model in several files. */
const part = /-(\d{5})-of-(\d{5})\.(?:safetensors|bin)$/;

/** Kinds that hold weights we do not read, the clearest reason for a refusal first. */
const telling: readonly FileKind[] = ['lfs-pointer', 'pickle', 'gguf', 'onnx', 'hdf5', 'zip', 'gzip', 'tar'];

const wanted = 'the weights of a model: .safetensors files, or what torch.save wrote of a state dict';

/**
 * Sort the files of a model.
 * @throws InputError if there are no weights among them, or it is unclear which are meant
 */
export async function sortFiles(files: readonly TextSource[]): Promise<ModelFiles> {
  const known: { source: TextSource; found: Recognised }[] = [];
  for (const source of files) known.push({ source, found: await recogniseFile(source) });
  const of = (...kinds: FileKind[]) =>
    known.filter(({ found }) => kinds.includes(found.kind)).map(({ source }) => source);

  // A pointer stands for a file that matters only if it is one we would read.
  const missing = known.find(({ source, found }) => found.kind === 'lfs-pointer' && /\.(json|txt)$/.test(source.name));
  if (missing) throw wrongKind(missing.source.name, missing.found, 'the file itself');

  const leftOut: LeftOut[] = [];
  const torch = of('torch-zip').filter(({ name }) => {
    if (!runState.test(baseName(name))) return true;
    leftOut.push({ name, why: 'state of the training run' });
    return false;
  });
  const index = chooseIndex(of('shard-index'));
  const weights = chooseWeights(of('safetensors'), torch, index, leftOut);
  if (weights.length === 0) throw noWeights(known, index);
  // A damaged configuration is recognised by its name, to say what is wrong with it.
  const config =
    choose(of('model-config'), 'config.json', 'configuration') ??
    files.find(({ name }) => baseName(name) === 'config.json');
  return {
    weights,
    leftOut,
    ...(index && weights.every(({ name }) => part.test(name)) ? { index } : {}),
    ...(config ? { config } : {}),
  };
}

/** Safetensors if there are any, as Hugging Face's own loader prefers them. */
function chooseWeights(
  safe: readonly TextSource[],
  torch: readonly TextSource[],
  index: TextSource | undefined,
  leftOut: LeftOut[],
): readonly TextSource[] {
  const usesTorch = safe.length === 0 || (index?.name.includes('.bin.') === true && !safe.some(isWhole));
  const [used, other] = usesTorch ? [torch, safe] : [safe, torch];
  for (const { name } of other)
    leftOut.push({ name, why: `the weights are taken from ${used[0]?.name ?? 'the others'}` });
  const whole = used.filter(isWhole);
  const parts = used.filter(({ name }) => part.test(name));
  if (index && parts.length > 0) {
    for (const { name } of whole) leftOut.push({ name, why: `the weights are taken from the parts of ${index.name}` });
    return parts;
  }
  const [first, second] = whole;
  if (first && second)
    throw new InputError(
      'weights',
      `${quoted(first.name)} and ${quoted(second.name)}`,
      'one of them, or parts with their index',
    );
  if (first) {
    for (const { name } of parts) leftOut.push({ name, why: `the weights are taken from ${first.name}` });
    return [first];
  }
  return checkParts(parts);
}

const isWhole = ({ name }: TextSource) => !part.test(name);

/** Parts without their index: their names say how many there are. */
function checkParts(parts: readonly TextSource[]): readonly TextSource[] {
  const [one] = parts;
  if (!one) return parts;
  const count = Number(part.exec(one.name)?.[2]);
  const numbers = new Set(parts.map(({ name }) => Number(part.exec(name)?.[1])));
  for (let k = 1; k <= count; k++)
    if (!numbers.has(k)) throw new InputError('weights', `part ${k} of ${count} is missing`, `all ${count} parts`);
  const foreign = parts.find(({ name }) => Number(part.exec(name)?.[2]) !== count);
  if (foreign || parts.length !== count)
    throw new InputError(
      'weights',
      `${parts.length} files, ${quoted((foreign ?? one).name)} among them`,
      `the ${count} parts of one model`,
    );
  return parts;
}

function chooseIndex(found: readonly TextSource[]): TextSource | undefined {
  return found.find(({ name }) => name.includes('safetensors')) ?? found[0];
}

/** The file of this name, or the only one. @throws InputError if several could be meant */
function choose(found: readonly TextSource[], name: string, what: string): TextSource | undefined {
  const named = found.filter((source) => baseName(source.name) === name);
  const [first, second] = named.length > 0 ? named : found;
  if (first && second)
    throw new InputError(
      what,
      `${quoted(first.name)} and ${quoted(second.name)}`,
      'the one that belongs to the weights',
    );
  return first;
}

function noWeights(
  known: readonly { source: TextSource; found: Recognised }[],
  index: TextSource | undefined,
): InputError {
  if (index)
    return new InputError(
      index.name,
      'the index of a model, without its parts',
      'the index together with all of its parts',
    );
  for (const kind of telling) {
    const one = known.find(({ found }) => found.kind === kind);
    if (one) return wrongKind(one.source.name, one.found, wanted);
  }
  const [only, other] = known;
  const named = known.find(({ source }) => weightsName.test(source.name)) ?? (other ? undefined : only);
  if (named) return wrongKind(named.source.name, named.found, wanted);
  return new InputError('model', known.length === 0 ? 'no files' : `${known.length} files without weights`, wanted);
}
