// rmt forward: run given token sequences through a checkpoint and write what comes out.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import { type Batch, type Model, Recurrence } from '../models/recurrence.ts';
import { positions, segmentBatch } from '../models/segments.ts';
import { loadModel, openCheckpoint } from '../train/workspace.ts';
import { checkOutput, needed, options, printJson, readBytes, readJson, writeWhole } from './arguments.ts';
import { openDevice } from './device.ts';
import { Progress } from './progress.ts';

const inputSchema = v.strictObject({
  sequences: v.pipe(v.array(v.array(v.number())), v.minLength(1)),
  labels: v.optional(v.array(v.number())),
});

export async function forward(words: readonly string[]): Promise<void> {
  const given = options('forward', words, {
    checkpoint: 'text',
    input: 'text',
    out: 'text',
    attention: 'flag',
    backward: 'flag',
    loss: 'text',
    json: 'flag',
  });
  const file = needed('forward', 'checkpoint', given.checkpoint);
  const inputFile = needed('forward', 'input', given.input);
  const out = needed('forward', 'out', given.out);
  const lossOf = given.loss ?? 'last';
  if (lossOf !== 'last' && lossOf !== 'mean') throw new InputError('forward: --loss', `'${lossOf}'`, 'last or mean');
  checkOutput('forward: --out', out);
  const { checkpoint } = openCheckpoint(readBytes('checkpoint', file), file);
  const where = `input ${inputFile}`;
  const parsed = v.safeParse(inputSchema, readJson('input', inputFile));
  if (!parsed.success) {
    const issue = parsed.issues[0];
    const path = issue.path?.map(({ key }) => String(key)).join('.');
    throw new InputError(
      path ? `${where}: ${path}` : where,
      issue.received,
      '{"sequences": [[ids], …], "labels": [ids]?}',
    );
  }
  const { sequences, labels } = parsed.output;
  const { num_labels: classes } = checkpoint.config;
  if (labels && labels.length !== sequences.length)
    throw new InputError(`${where}: labels`, `${labels.length} labels`, `${sequences.length}, one for each sequence`);
  labels?.forEach((label, b) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new InputError(`${where}: labels[${b}]`, String(label), `a class from 0 to ${classes - 1}`);
  });
  if (given.backward && !labels)
    throw new InputError(where, 'no labels', 'labels, which --backward needs for the loss');
  const segmented = segmentBatch(sequences, checkpoint.config, `${where}: sequences`);

  const gpu = await openDevice();
  const model = await loadModel(gpu, checkpoint);
  const progress = new Progress(given.json);
  const tensors = await outputs(model, segmented.segments, sequences.length, given.attention, (n) =>
    progress.show(n / segmented.segments.length, `segment ${n} of ${segmented.segments.length}`),
  );
  if (labels) await addLoss(model, { ...segmented, labels }, lossOf, given.backward, tensors);
  progress.end();
  writeWhole(out, writeSafetensors(tensors, { format: 'pt', adapter: gpu.name }));
  const written = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  if (given.json) printJson({ adapter: gpu.name, segments: segmented.segments.length, out, tensors: written });
  else process.stdout.write(`${out}: ${written.length} tensors, ${segmented.segments.length} segments\n`);
}

/** logits (B, classes), memory (B, N, M, D), and, if asked for, attention.<segment>.<layer> (started rows, heads, S, S). */
async function outputs(
  model: Model,
  segments: Batch['segments'],
  B: number,
  attention: boolean,
  tell: (n: number) => void,
): Promise<Map<string, StoredTensor>> {
  const { num_mem_tokens: M, hidden_size: D, num_labels: classes, num_attention_heads: heads } = model.config;
  const S = positions(model.config);
  const N = segments.length;
  const recurrence = await Recurrence.create(model, {
    batch: B,
    training: false,
    attention: attention ? 'full' : 'none',
  });
  const memory = new Float32Array(B * N * M * D);
  const tensors = new Map<string, StoredTensor>();
  let logits = new Float32Array(0);
  recurrence.reset();
  for (const [n, segment] of segments.entries()) {
    const view = await recurrence.step(segment);
    for (let b = 0; b < B; b++) memory.set(view.memory.subarray(b * M * D, (b + 1) * M * D), (b * N + n) * M * D);
    logits = Float32Array.from(view.logits.flatMap((row) => [...row]));
    view.attentions.forEach(([all], l) => {
      if (!all) return;
      const one = heads * S * S;
      const started = segment.flatMap((text, b) => (text ? [b] : []));
      const data = new Float32Array(started.length * one);
      for (const [i, b] of started.entries()) data.set(all.subarray(b * one, (b + 1) * one), i * one);
      tensors.set(`attention.${n}.${l}`, { shape: [started.length, heads, S, S], data });
    });
    tell(n + 1);
  }
  recurrence.release();
  return new Map([
    ['logits', { shape: [B, classes], data: logits }],
    ['memory', { shape: [B, N, M, D], data: memory }],
    ...tensors,
  ]);
}

/** loss (1), and with `backward` grad.<parameter>. */
async function addLoss(
  model: Model,
  batch: Batch,
  loss: 'last' | 'mean',
  backward: boolean,
  tensors: Map<string, StoredTensor>,
): Promise<void> {
  const recurrence = await Recurrence.create(model, { batch: batch.sequences, training: backward, loss });
  const result = backward ? (await recurrence.train(batch, 0)).result : await recurrence.evaluate(batch);
  tensors.set('loss', { shape: [1], data: Float32Array.of(result.loss) });
  if (backward)
    for (const [name, gradient] of await model.parameters.read(model.parameters.flatGradient))
      tensors.set(`grad.${name}`, gradient);
  recurrence.release();
}
