// A published model as a checkpoint of ours: from its files to the bytes of the checkpoint, one tensor at a time, so that
// a model is in memory once.
import { InputError } from '../../errors.ts';
import { float32Of } from '../../io/dtypes.ts';
import type { FileTensor } from '../../io/file-tensor.ts';
import { quoted, shapeText, shown } from '../../io/message.ts';
import { nonFinite } from '../../io/safetensors.ts';
import { bytesOf, type TextSource } from '../../io/text-source.ts';
import { checkTokenizer } from '../../io/tokenizer-json.ts';
import { checkShape, layoutCheckpoint, readCheckpoint } from '../checkpoint.ts';
import { blueprintOf } from '../index.ts';
import { specsOf } from '../parameters.ts';
import { type Assumed, type Described, type Fields, type Given, memoryOf } from './foreign.ts';
import type { Description } from './format.ts';
import { initialise, mayBeMissing } from './fresh.ts';
import { withoutPrefix } from './hugging-face-names.ts';
import { type LeftOut, sortFiles } from './model-files.ts';
import { modelTokenizer } from './model-tokenizer.ts';
import { knownTypes, published } from './published.ts';
import { openStateDict, readJsonFile } from './state-dict.ts';
import { wrapModel } from './wrap.ts';

export interface ImportRequest {
  /** The files of one model, in any order. */
  readonly files: readonly TextSource[];
  /** Memory tokens around a model that has none; one that has some says how many. */
  readonly memory?: number;
  /** Memory tokens around a model that has none, where `memory` is not given. */
  readonly memoryIfNone?: number;
  /** Text tokens in a segment; by default, all that the positions leave. */
  readonly segmentSize?: number;
  /** The number of classes; by default, the head's. */
  readonly labels?: number;
  /** For each of our classes, its row in the stored head. */
  readonly labelRows?: readonly number[];
  /** Fields of `rmt_config` that take precedence over the files'. */
  readonly set?: Fields;
  /** Of new parameters. */
  readonly seed?: number;
  /** Called with the bytes of the checkpoint that are ready. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

/** What was read, and what became of it. */
export interface ImportReport {
  readonly format: string;
  readonly model: string;
  readonly description: string;
  readonly parameters: number;
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  readonly leftOut: readonly LeftOut[];
  readonly initialised: readonly { readonly name: string; readonly how: string }[];
  /** The kind of tokenizer that the checkpoint holds, its pieces, and the rows of the table beyond them; absent without one. */
  readonly tokenizer?: { readonly type: string; readonly pieces: number; readonly padding: number };
  /** How many words its vocabulary has, where it has one instead of a tokenizer. */
  readonly words?: number;
  /** Values of the configuration that no file says. */
  readonly assumed: readonly Assumed[];
  /** How many tensors were converted to f32, by their type. */
  readonly converted: Readonly<Record<string, number>>;
  readonly config: Fields;
}

export interface Imported {
  /** The checkpoint as a file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description: Description;
  /** Views of `bytes`, by our names. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly report: ImportReport;
}

/** A parameter's numbers: rows of a stored tensor, or all of it. */
interface Source {
  readonly stored: string;
  readonly tensor: FileTensor;
  readonly shape: readonly number[];
  readonly rows?: readonly [from: number, to: number];
}

interface Located {
  readonly sources: ReadonlyMap<string, Source>;
  readonly leftOut: LeftOut[];
  /** Further fields, which the tensors decide. */
  readonly config: Fields;
}

/** A reader of stored tensors as f32. */
type Numbers = (stored: string, tensor: FileTensor) => Promise<Float32Array>;

/**
 * Read a published model.
 * @throws InputError naming the file, field or tensor: what was found and what was expected. Nothing is kept then
 */
export async function importModel(request: ImportRequest): Promise<Imported> {
  const files = await sortFiles(request.files);
  const dict = await openStateDict(files);
  const where = files.weights.length === 1 ? (files.weights[0]?.name ?? '') : (files.index?.name ?? 'weights');
  const [weights] = files.weights;
  if (weights && Object.hasOwn(dict.metadata, 'rmt_config')) return wrapOwn(request, weights);
  if (!files.config) throw new InputError(where, 'weights without a configuration', 'config.json beside the weights');
  const stored = await readJsonFile(files.config);
  const configName = files.config.name;
  if (!knownTypes.has(stored['model_type']))
    throw new InputError(
      configName,
      `model_type is ${shown(stored['model_type'])}`,
      'bert, gpt2, transfo-xl or lm-rmt: models of another type compute differently',
    );
  const { tensors } = withoutPrefix(dict.tensors);
  const format = published.find((each) => each.recognises(tensors));
  if (!format) throw unknownLayout(tensors, where);

  const { memory, memoryIfNone, segmentSize, labels, set = {}, seed = 0 } = request;
  const config = Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null));
  const tokenizer = await modelTokenizer(request.files);
  const { specials = {} } = tokenizer ?? {};
  const given: Given = { tensors, config, where: configName, specials, memory, memoryIfNone, segmentSize, labels };
  const described = await format.describe(given);
  const numbers: Numbers = async (name, { dtype, bytes }) => float32Of(dtype, await bytes(), name, where);
  const located = await locate(tensors, described, numbers, where);
  const blueprint = blueprintOf({ ...described.config, ...located.config, ...set }, configName);
  if (memory !== undefined) memoryOf(blueprint.shape.memTokens, given);
  if (tokenizer) checkTokenizer(tokenizer.text, blueprint.config.vocab_size, 'tokenizer');

  const specs = specsOf(blueprint.parameters());
  for (const spec of specs) {
    const shape = located.sources.get(spec.name)?.shape;
    if (shape || !mayBeMissing(spec.name)) checkShape(spec.name, shape, spec, blueprint.config, where);
  }
  const names = new Set(specs.map(({ name }) => name));
  for (const [name, source] of located.sources)
    if (!names.has(name))
      throw new InputError(
        where,
        `unknown tensor ${quoted(source.stored)}`,
        `the tensors of a ${blueprint.description}`,
      );

  const description: Description = { blueprint, ...(tokenizer ? { tokenizer: tokenizer.text } : {}) };
  const layout = layoutCheckpoint(description, () => false);
  const initialised: { name: string; how: string }[] = [];
  const converted: Record<string, number> = {};
  let done = 0;
  for (const spec of specs) {
    const { name } = spec;
    const into = layout.tensors.get(name);
    if (!into) throw new Error(`import: no place for '${name}'`);
    const source = located.sources.get(name);
    if (source) {
      copyRows(
        await numbers(source.stored, source.tensor),
        source,
        into,
        rowsOf(name, request, blueprint.shape.classes),
      );
      if (source.tensor.dtype !== 'F32') converted[source.tensor.dtype] = (converted[source.tensor.dtype] ?? 0) + 1;
      const spoilt = nonFinite([[source.stored, into]]);
      if (spoilt !== undefined) throw new InputError(where, spoilt, 'finite numbers');
    } else {
      const words =
        layout.tensors.get('transformer.wte.weight') ??
        layout.tensors.get('transformer.word_emb.emb_layers.0.weight') ??
        into;
      initialised.push({ name, how: initialise(spec, into, { config, answers: blueprint.answers, words, seed }) });
    }
    done += into.byteLength;
    request.onProgress?.(done, layout.bytes.length);
  }
  const setFields = new Set(Object.keys(set));
  return {
    bytes: layout.bytes,
    description,
    tensors: layout.tensors,
    report: {
      format: format.name,
      model: blueprint.config.model_type,
      description: blueprint.description,
      parameters: done / 4,
      renamed: renamedIn(dict.tensors, tensors, located.sources),
      leftOut: [...dict.leftOut, ...located.leftOut],
      initialised,
      assumed: described.assumed.filter(({ field }) => !setFields.has(field)),
      converted,
      ...(tokenizer
        ? {
            tokenizer: {
              type: tokenizer.type,
              pieces: tokenizer.pieces,
              padding: blueprint.config.vocab_size - tokenizer.pieces,
            },
          }
        : {}),
      config: blueprint.config,
    },
  };
}

/** A checkpoint of ours, with memory around it. */
async function wrapOwn(
  { memory, segmentSize, labels, set = {}, seed = 0 }: ImportRequest,
  weights: TextSource,
): Promise<Imported> {
  const { name } = weights;
  if (memory === undefined)
    throw new InputError(
      name,
      'a checkpoint of this program',
      'a published model, or a number of memory tokens to put around this one; it needs no import',
    );
  if (labels !== undefined)
    throw new InputError('labels', `${labels} classes for a checkpoint of this program`, 'none: it keeps its own');
  const { buffer } = await bytesOf(weights, 0, weights.size);
  const settings = segmentSize === undefined ? set : { segment_size: segmentSize, ...set };
  const own = readCheckpoint(new Uint8Array(buffer), name);
  const { initialised, ...made } = wrapModel(own, { memory, set: settings, seed }, name);
  const { blueprint, vocabulary } = made.description;
  const report = {
    format: 'Checkpoint of this program',
    model: blueprint.config.model_type,
    description: blueprint.description,
    parameters: [...made.tensors.values()].reduce((sum, { length }) => sum + length, 0),
    renamed: [],
    leftOut: [],
    initialised,
    ...(vocabulary ? { words: vocabulary.length } : {}),
    assumed: [],
    converted: {},
    config: blueprint.config,
  };
  return { ...made, report };
}

function unknownLayout(tensors: ReadonlyMap<string, unknown>, where: string): InputError {
  const [first = 'none', second] = tensors.keys();
  const some = second === undefined ? quoted(first) : `${quoted(first)} and ${quoted(second)}`;
  return new InputError(
    where,
    `${tensors.size} tensors of an unknown layout, such as ${some}`,
    `that of ${published.map(({ name }) => name).join(', ')}`,
  );
}

/** Which stored tensor each parameter is in. @throws InputError for an unknown tensor, and a copy that is none */
async function locate(
  tensors: ReadonlyMap<string, FileTensor>,
  { place }: Described,
  numbers: Numbers,
  where: string,
): Promise<Located> {
  const sources = new Map<string, Source>();
  const leftOut: LeftOut[] = [];
  const copies: { stored: string; tensor: FileTensor; same: string; own?: { name: string; config: Fields } }[] = [];
  for (const [stored, tensor] of tensors) {
    const placed = place(stored);
    if (placed === 'unknown')
      throw new InputError(where, `unknown tensor ${quoted(stored)}`, 'only tensors that the layout has');
    if ('leftOut' in placed) leftOut.push({ name: stored, why: placed.leftOut });
    else if ('same' in placed) copies.push({ stored, tensor, ...placed });
    else
      for (const { name, rows, shape = tensor.shape } of placed.to) {
        const other = sources.get(name);
        if (other)
          throw new InputError(
            where,
            `${quoted(stored)} and ${quoted(other.stored)}`,
            'one of them: they are the same parameter',
          );
        const own = rows ? [rows[1] - rows[0], ...shape.slice(1)] : shape;
        sources.set(name, { stored, tensor, shape: own, ...(rows ? { rows } : {}) });
      }
  }
  let config: Fields = {};
  for (const { stored, tensor, same, own } of copies) {
    const source = sources.get(same);
    const original = tensors.get(same) ?? source?.tensor;
    const name = tensors.has(same) ? same : (source?.stored ?? same);
    if (!original)
      throw new InputError(where, `${quoted(stored)} without ${quoted(name)}`, 'both: one is a copy of the other');
    if (await isEqual([stored, tensor], [name, original], numbers)) {
      leftOut.push({ name: stored, why: `a copy of ${name}` });
      continue;
    }
    if (!own)
      throw new InputError(
        where,
        `${quoted(stored)} differs from ${quoted(name)}`,
        'the same numbers, as the layout shares them',
      );
    sources.set(own.name, { stored, tensor, shape: tensor.shape });
    config = { ...config, ...own.config };
  }
  return { sources, leftOut, config };
}

type Named = readonly [name: string, tensor: FileTensor];

async function isEqual([one, a]: Named, [other, b]: Named, numbers: Numbers): Promise<boolean> {
  if (shapeText(a.shape) !== shapeText(b.shape)) return false;
  const [x, y] = [await numbers(one, a), await numbers(other, b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

/** The rows of the stored head in the order of our classes, if another is asked for. */
function rowsOf(name: string, { labelRows }: ImportRequest, classes: number): readonly number[] | undefined {
  if (!labelRows || !name.startsWith('classifier.')) return undefined;
  if (labelRows.length !== classes)
    throw new InputError('labels', `${labelRows.length} labels for a head of ${classes} classes`, 'one for each class');
  return labelRows;
}

/** Copy a source's numbers, its rows in the given order. */
function copyRows(
  data: Float32Array,
  { shape, rows: [from] = [0, 0] }: Source,
  into: Float32Array,
  order?: readonly number[],
): void {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  const start = from * width;
  if (!order) into.set(data.subarray(start, start + into.length));
  order?.forEach((row, k) => {
    into.set(data.subarray(start + row * width, start + (row + 1) * width), k * width);
  });
}

/** The parameters whose names in the files are others, by the full names. */
function renamedIn(
  full: ReadonlyMap<string, unknown>,
  stripped: ReadonlyMap<string, unknown>,
  sources: ReadonlyMap<string, Source>,
): { from: string; to: string }[] {
  const names = [...full.keys()];
  const fullNames = new Map([...stripped.keys()].map((name, k) => [name, names[k]]));
  return [...sources].flatMap(([to, { stored }]) => {
    const from = fullNames.get(stored) ?? stored;
    return from === to ? [] : [{ from, to }];
  });
}
