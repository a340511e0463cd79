// Which files of a model's repository are needed: its configuration, one set of weights, and its tokenizer.
import { InputError } from '../errors.ts';

/** A file in a model's repository. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content, for files in large-file storage. */
  readonly sha256?: string | undefined;
  /** Git's object id for other files: SHA-1 of `blob SIZE\0` and the content. */
  readonly oid?: string | undefined;
}

/** Sets of weights from the best to the last resort; an index names the shards. */
const weights = [
  { file: 'model.safetensors' },
  { index: 'model.safetensors.index.json' },
  { file: 'pytorch_model.bin' },
  { index: 'pytorch_model.bin.index.json' },
  { file: 'model_best.pth' },
] as const;
/** The tokenizer's files, the first set that is complete. */
const tokenizers = [['tokenizer.json'], ['vocab.txt'], ['vocab.json', 'merges.txt']] as const;
const beside = ['config.json', 'tokenizer_config.json'] as const;

/** The file names in an index of shards. */
function shardsOf(index: unknown): string[] | undefined {
  const map = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null) return undefined;
  const names: unknown[] = Object.values(map);
  return names.length > 0 && names.every((name) => typeof name === 'string') ? [...new Set(names)].sort() : undefined;
}

/**
 * The needed files, small ones first.
 * @param listing the files in the repository's root
 * @param readJson reads one small file of it
 * @throws InputError if there are no readable weights, or shards are missing
 */
export async function neededFiles(
  listing: readonly HubFile[],
  readJson: (file: HubFile) => Promise<unknown>,
  where: string,
): Promise<readonly HubFile[]> {
  const find = (path: string) => listing.find((file) => file.path === path);
  const chosen: HubFile[] = [];
  for (const path of beside) chosen.push(...[find(path)].filter((file) => file !== undefined));
  const tokenizer = tokenizers.find((set) => set.every(find)) ?? [];
  for (const path of tokenizer) chosen.push(...[find(path)].filter((file) => file !== undefined));
  const set = weights.find((each) => find('file' in each ? each.file : each.index));
  if (!set) {
    const others = listing.filter(({ path }) => /\.(safetensors|bin|pth?|onnx|h5|msgpack|gguf|ot)$/.test(path));
    throw new InputError(
      where,
      others.length === 0 ? 'no weights' : `no weights but ${others.map(({ path }) => path).join(', ')}`,
      'model.safetensors or pytorch_model.bin, whole or in shards',
    );
  }
  if ('file' in set) return [...chosen, ...listing.filter(({ path }) => path === set.file)];
  const index = find(set.index) as HubFile;
  const names = shardsOf(await readJson(index));
  if (!names) throw new InputError(`${where}: ${set.index}`, 'no weight_map', 'the file of every tensor');
  const shards = names.map((name) => {
    const shard = find(name);
    if (!shard) throw new InputError(`${where}: ${set.index}`, `it names '${name}'`, 'a file of the repository');
    return shard;
  });
  return [...chosen, index, ...shards];
}
