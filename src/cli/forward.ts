// rmt forward: runs given token sequences through a checkpoint and writes the resulting tensors.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { vocabularyOf } from '../experiment/vocabularies.ts';
import { loadModel, openCheckpoint } from '../experiment/workspace.ts';
import { type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import { forwardOutputs } from '../models/forward.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { type SegmentedBatch, segmentBatch } from '../models/segments.ts';
import { type Batch, classTargets, tokenTargets } from '../models/targets.ts';
import { BpttTrainer } from '../models/training.ts';
import { tokenizerOf } from '../text/tokenizer.ts';
import { integer, needed, options, printJson, readBytes, readJson } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { checkOutputs, replaceFile } from './outputs.ts';
import { Progress } from './progress.ts';

const inputSchema = v.strictObject({
  sequences: v.optional(v.pipe(v.array(v.array(v.number())), v.minLength(1))),
  texts: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
  labels: v.optional(v.array(v.number())),
  answer_from: v.optional(v.number()),
});
const shapeOf = (answers: Blueprint['answers']) =>
  answers === 'class'
    ? '{"sequences": [[ids], …] or "texts": ["…", …], "labels": [ids]?}'
    : '{"sequences": [[ids], …] or "texts": ["…", …], "answer_from": k?}';

interface Asked {
  readonly segmented: SegmentedBatch;
  /** Undefined if there is no loss to compute. */
  readonly batch: Batch | undefined;
  /** Tokens of each sequence, for a generative model. */
  readonly length: number;
}

/** The token ids of texts. @throws InputError if the checkpoint says nothing about its ids, or a text has none */
async function idsOf(texts: readonly string[], checkpoint: Checkpoint, where: string): Promise<number[][]> {
  const { encode } = tokenizerOf(await vocabularyOf(checkpoint, 'checkpoint'));
  return texts.map((text, b) => {
    const ids = [...encode(text).ids];
    if (ids.length === 0) throw new InputError(`${where}: texts[${b}]`, 'no tokens', 'a text');
    return ids;
  });
}

/** The input file, checked against the model's kind of answer. */
async function readInput(file: string, checkpoint: Checkpoint, loss: 'last' | 'mean'): Promise<Asked> {
  const { answers, config, shape } = checkpoint.blueprint;
  const where = `input ${file}`;
  const parsed = v.safeParse(inputSchema, readJson('input', file));
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const path = issue.path?.map(({ key }) => String(key)).join('.');
    throw new InputError(path ? `${where}: ${path}` : where, issue.received, shapeOf(answers));
  }
  const { sequences: given, texts, labels, answer_from: from } = parsed.output;
  if (!given && !texts) throw new InputError(`${where}: sequences`, 'undefined', shapeOf(answers));
  if (given && texts) throw new InputError(where, 'both sequences and texts', shapeOf(answers));
  const sequences = given ?? (await idsOf(texts ?? [], checkpoint, where));
  if (answers === 'class') {
    if (from !== undefined)
      throw new InputError(`${where}: answer_from`, String(from), 'none: this model answers with a class');
    if (labels && labels.length !== sequences.length)
      throw new InputError(`${where}: labels`, `${labels.length} labels`, `${sequences.length}, one for each sequence`);
    labels?.forEach((label, b) => {
      if (!Number.isInteger(label) || label < 0 || label >= shape.classes)
        throw new InputError(`${where}: labels[${b}]`, String(label), `a class from 0 to ${shape.classes - 1}`);
    });
    const segmented = segmentBatch(sequences, config, `${where}: sequences`);
    return { segmented, batch: labels && classTargets(segmented, labels, loss), length: 0 };
  }
  if (labels) throw new InputError(`${where}: labels`, 'labels', 'none: this model predicts the next token');
  const length = sequences[0]?.length ?? 0;
  const other = sequences.findIndex((sequence) => sequence.length !== length);
  if (other >= 0)
    throw new InputError(
      `${where}: sequences[${other}]`,
      `${sequences[other]?.length} tokens`,
      `${length}, as in the first sequence`,
    );
  if (from !== undefined && (!Number.isInteger(from) || from < 1 || from >= length))
    throw new InputError(`${where}: answer_from`, String(from), `a whole number from 1 to ${length - 1}`);
  const segmented = segmentBatch(sequences, config, `${where}: sequences`);
  const asked = sequences.map(() => ({ from: from ?? 1, to: length }));
  const batch = length > 1 ? tokenTargets(segmented, config.segment_size, sequences, asked) : undefined;
  return { segmented, batch, length };
}

export async function forward(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('forward', words, {
    checkpoint: 'text',
    input: 'text',
    out: 'text',
    attention: 'flag',
    backward: 'flag',
    loss: 'text',
    'bptt-depth': 'text',
    half: 'flag',
    json: 'flag',
  });
  const file = needed('forward', 'checkpoint', given.checkpoint);
  const inputFile = needed('forward', 'input', given.input);
  const out = needed('forward', 'out', given.out);
  const lossOf = given.loss ?? 'last';
  if (lossOf !== 'last' && lossOf !== 'mean') throw new InputError('forward: --loss', `'${lossOf}'`, 'last or mean');
  const depth =
    given['bptt-depth'] === undefined ? undefined : integer('forward: --bptt-depth', given['bptt-depth'], 0, 65_536);
  checkOutputs(
    [{ where: 'forward: --out', file: out }],
    [
      { where: '--checkpoint', file },
      { where: '--input', file: inputFile },
    ],
  );
  const { checkpoint } = openCheckpoint(readBytes('checkpoint', file), file);
  const { blueprint } = checkpoint;
  const { segmented, batch, length } = await readInput(inputFile, checkpoint, lossOf);
  if (given.backward && !batch)
    throw new InputError(
      `input ${inputFile}`,
      blueprint.answers === 'class' ? 'no labels' : 'sequences of one token',
      blueprint.answers === 'class' ? 'labels, which --backward needs for the loss' : 'at least two, for a loss',
    );

  const gpu = await open(given.half);
  const model = await loadModel(gpu, checkpoint, segmented.sequences);
  const progress = new Progress(given.json);
  const tensors = await forwardOutputs(model, segmented, length, given.attention, (n) =>
    progress.show(n / segmented.segments.length, `segment ${n} of ${segmented.segments.length}`),
  );
  if (batch) await addLoss(model, batch, given.backward, depth, tensors);
  progress.end();
  replaceFile(out, writeSafetensors(tensors, { format: 'pt', adapter: gpu.name }));
  const written = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  if (given.json) printJson({ adapter: gpu.name, segments: segmented.segments.length, out, tensors: written });
  else process.stdout.write(`${out}: ${written.length} tensors, ${segmented.segments.length} segments\n`);
}

/** loss (1), and with `backward` grad.<parameter>. */
async function addLoss(
  model: Model,
  batch: Batch,
  backward: boolean,
  depth: number | undefined,
  tensors: Map<string, StoredTensor>,
): Promise<void> {
  const setLoss = (loss: number) => tensors.set('loss', { shape: [1], data: Float32Array.of(loss) });
  if (!backward) {
    const reader = await SegmentReader.create(model, { batch: batch.sequences });
    setLoss((await reader.evaluate(batch)).loss);
    return reader.release();
  }
  const trainer = await BpttTrainer.create(model, { batch: batch.sequences, depth });
  setLoss((await trainer.train(batch, 0)).result.loss);
  for (const [name, gradient] of await model.parameters.read(model.parameters.flatGradient))
    tensors.set(`grad.${name}`, gradient);
  trainer.release();
}
