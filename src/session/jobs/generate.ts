// Generate: a generative model continues a text, the user's or the beginning of a sample.
import { InputError } from '../../errors.ts';
import { type Drawn, drawSamples } from '../../experiment/samples.ts';
import { factsOf, loadModel, type Work } from '../../experiment/workspace.ts';
import { generate as generateWords } from '../../inference/generate.ts';
import type { Checkpoint } from '../../models/checkpoint.ts';
import { SegmentReader } from '../../models/reader.ts';
import type { GenerateRequest } from '../../protocol/index.ts';
import { Random } from '../../random.ts';
import { PieceVocabulary } from '../../text/pieces/piece-vocabulary.ts';
import { tokenizerOf, unknownIn } from '../../text/tokenizer.ts';
import type { Vocabulary } from '../../text/vocabulary.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/**
 * The tokens of a text to continue, and its words that the model does not know.
 * @throws InputError if it has none, or none that the model knows, or a character that it does not know
 */
function promptOf(text: string, vocabulary: Vocabulary): Pick<Text, 'prompt' | 'unknown'> {
  const { unit, encode } = tokenizerOf(vocabulary);
  const encoded = encode(text);
  if (encoded.ids.length === 0) throw new InputError('prompt', 'no words', 'a text to continue');
  const unknown = unknownIn(encoded, vocabulary);
  if (unknown.length > 0 && (unit !== 'words' || encoded.ids.every((id) => id === vocabulary.unknown))) {
    const names = unknown
      .slice(0, 6)
      .map((word) => `'${word.slice(0, 40)}'`)
      .join(', ');
    throw new InputError('prompt', names, `${unit} of the model’s vocabulary`);
  }
  return { prompt: encoded.ids, unknown };
}

/** @throws InputError for a model that answers with a class */
function checkGenerates({ blueprint }: Checkpoint, where: string): void {
  if (blueprint.answers === 'class')
    throw new InputError(where, `${blueprint.config.model_type} answers with a class`, 'a decoder');
}

interface Text {
  readonly prompt: Int32Array;
  /** Words of the user's prompt that are read as [UNK]. */
  readonly unknown: readonly string[];
  /** How the sample continues, if the prompt is one. */
  readonly expected: Int32Array;
  readonly sample: Drawn | undefined;
  /** Words to add. */
  readonly words: number;
}

function textOf(request: GenerateRequest, work: Work, size: number, random: Random): Text {
  const { task, vocabulary } = work;
  if (request.prompt !== undefined)
    return {
      ...promptOf(request.prompt, vocabulary),
      expected: new Int32Array(0),
      sample: undefined,
      words: request.words,
    };
  const [sample] = drawSamples(work, random, 1, request.segments ?? 1, size, 'validation');
  if (!sample) throw new RangeError('generate: no sample was drawn');
  const from = task.kind === 'generation' && task.measure === 'loss' ? size : sample.from;
  const expected = sample.words.subarray(from, sample.to);
  const isAnswer = task.kind === 'generation' && task.measure === 'accuracy';
  return {
    prompt: sample.words.subarray(0, from),
    unknown: [],
    expected,
    sample,
    words: isAnswer ? expected.length : request.words,
  };
}

export const generate: Job<'generate'> = {
  kind: 'generate',
  queue: 'generate',
  replaces: true,
  beginsWork: true,
  busyWith: 'a text being written',
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request, checkGenerates);
    const { vocabulary, task } = work;
    const random = new Random(request.seed);
    const size = checkpoint.blueprint.config.segment_size;
    const { prompt, unknown, expected, sample, words } = textOf(request, work, size, random);
    const model = await loadModel(await context.device(), checkpoint);
    let reader: SegmentReader | undefined;
    try {
      reader = await SegmentReader.create(model, { batch: 1 });
      const inWords = (ids: Int32Array) => Array.from(ids, (id) => vocabulary.word(id));
      yield {
        type: 'generate-begin',
        model: factsOf(model.blueprint, work, name, model.gpu.bytes),
        prompt: inWords(prompt),
        expected: inWords(expected),
        ...(vocabulary instanceof PieceVocabulary ? { ids: prompt.slice() } : {}),
        ...(unknown.length > 0 ? { unknown } : {}),
        ...(work.report ? { text: work.report } : {}),
      };
      const answer: string[] = [];
      const options = { length: prompt.length + words, temperature: request.temperature, random };
      for await (const [added] of generateWords(reader, model, [prompt], options)) {
        if (gate.stopped) break;
        if (!added) continue;
        const word = vocabulary.word(added.id);
        answer.push(word);
        const segments = Math.ceil(added.at / size);
        const token = vocabulary instanceof PieceVocabulary ? { token: added.id } : {};
        yield { type: 'generate-word', word, ...token, probability: added.probability, segments };
      }
      const judgement =
        sample && task.kind === 'generation' && task.check && !('answer' in sample.sample) && !gate.stopped
          ? task.check(answer, sample.sample, vocabulary, work.material)
          : undefined;
      yield { type: 'generate-end', finished: !gate.stopped, ...(judgement ? { judgement } : {}) };
    } finally {
      reader?.release();
      model.release();
    }
  },
};
