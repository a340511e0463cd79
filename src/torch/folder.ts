// A run as a folder for PyTorch: the model, its data, and the programs that train it there.
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import { writtenVocabulary } from '../experiment/vocabularies.ts';
import { headerOf } from '../io/safetensors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { parameterShapes } from '../models/checkpoint.ts';
import { trains } from '../models/trained.ts';
import type { Beginning } from '../train/beginning.ts';
import { initialValues } from '../train/initial-values.ts';
import { noPlateau } from '../train/schedule.ts';
import { samplesAhead, samplesOfStages, validationSamples } from './draw.ts';
import type { FolderFacts } from './folder-facts.ts';
import { programsFor } from './programs.ts';
import { readmeOf } from './readme.ts';
import { writeRunFile } from './run-file.ts';

/** A file to be written. */
export interface FolderFile {
  readonly name: string;
  /** Its bytes in order. */
  readonly pieces: readonly Uint8Array[];
}

export interface TorchFolder {
  readonly files: readonly FolderFile[];
  readonly facts: FolderFacts;
}

/** Unless another number is asked for. */
const mostSamples = 100_000;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function weightsFile(arrays: ReadonlyMap<string, Float32Array>, shapes: readonly (readonly [string, number[]])[]) {
  const data = shapes.map(([name]) => {
    const found = arrays.get(name);
    if (!found) throw new Error(`export: no '${name}' (expected every parameter of the model)`);
    return bytesOf(found);
  });
  return [headerOf(shapes, { format: 'pt' }), ...data];
}

/** What transformers calls the backbones it has. */
const foreign: Readonly<Record<string, object>> = {
  bert: { architectures: ['BertForSequenceClassification'], model_type: 'bert' },
  gpt2: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' },
  'transformer-xl': { architectures: ['TransfoXLLMHeadModel'], model_type: 'transfo-xl' },
};

function configFile({ config: { model_type: id, ...fields } }: Blueprint): string {
  const [, known = {}] = Object.entries(foreign).find(([name]) => id.endsWith(name)) ?? [];
  return `${JSON.stringify({ ...known, rmt_model: id, ...fields }, null, 2)}\n`;
}

/**
 * @param samples    for training; all that the run still reads by default, at most 100,000
 * @param onProgress called with the share of the samples that are drawn
 */
export async function torchFolder(
  config: RunConfig,
  beginning: Beginning,
  {
    samples,
    onProgress,
  }: { readonly samples?: number | undefined; readonly onProgress?: (share: number) => void } = {},
): Promise<TorchFolder> {
  const { work, blueprint, saved, weights, record, data, origin } = beginning;
  const start = saved ?? { step: 0, stage: 0, stageStep: 0, plateau: noPlateau };
  if (start.stage >= config.stages.length)
    throw new InputError('export', 'a finished run', 'one with steps left, or a further stage');
  const shapes = [...parameterShapes(blueprint)];
  const arrays = saved?.arrays ?? weights ?? initialValues(config, blueprint);
  const trained = shapes.filter(([name]) => trains(blueprint, config.trained, name));
  const moments = ['optimizer.m.', 'optimizer.v.'].flatMap((prefix) =>
    trained.map(([name, shape]) => [prefix + name, shape] as const),
  );

  const reads = samplesAhead(config, start);
  const wanted = Math.min(reads, samples ?? mostSamples);
  const table = await samplesOfStages(work, config, wanted, { from: start, ...(onProgress ? { onProgress } : {}) });
  const lengths = [...new Set(config.stages.slice(start.stage))];
  const held = validationSamples(work, config, config.validate_samples, lengths);

  const { vocabulary, tokenizer } = writtenVocabulary(work.vocabulary);
  const run = writeRunFile({
    run: config,
    start: {
      step: start.step,
      stage: start.stage,
      stageStep: start.stageStep,
      ...(config.schedule === 'plateau' ? { plateau: start.plateau } : {}),
    },
    task: record,
    origin: {
      ...(Object.keys(data).length > 0 || origin ? { data } : {}),
      ...(origin ? { origin } : {}),
    },
    frozen: shapes.flatMap(([name]) => (trained.some(([each]) => each === name) ? [] : [name])),
    vocabulary: tokenizer === undefined ? 'vocabulary.json' : 'tokenizer.json',
  });
  const facts: FolderFacts = {
    model: config.model,
    task: config.task,
    parameters: shapes.reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0),
    step: start.step,
    steps: reads / config.batch_size,
    samples: table.samples,
    reads,
    validationSamples: held.samples,
    hasMoments: start.stageStep > 0,
  };
  const programs = programsFor(config.model);
  const text = (name: string, content: string) => ({ name, pieces: [new TextEncoder().encode(content)] });
  return {
    files: [
      { name: 'model.safetensors', pieces: weightsFile(arrays, shapes) },
      ...(facts.hasMoments
        ? [
            {
              name: 'optimizer.safetensors',
              pieces: weightsFile(
                arrays,
                moments.map(([n, s]) => [n, s]),
              ),
            },
          ]
        : []),
      text('config.json', configFile(blueprint)),
      text('run.json', run),
      tokenizer === undefined
        ? text('vocabulary.json', `${JSON.stringify(vocabulary)}\n`)
        : text('tokenizer.json', tokenizer),
      { name: 'data/train.safetensors', pieces: table.safetensors() },
      { name: 'data/validation.safetensors', pieces: held.safetensors() },
      ...programs.map((each) => text(each.name, each.text)),
      text('README.md', readmeOf(config, facts, programs)),
    ],
    facts,
  };
}
