// rmt generate: continues a text or the beginning of a task's sample, carrying memory from segment to segment.
import { InputError } from '../errors.ts';
import type { ReportOf } from '../protocol/index.ts';
import { spell } from '../text/vocabulary.ts';
import { integer, needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf, sayText } from './materials.ts';
import { runSession } from './session.ts';

export async function generate(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('generate', words, {
    checkpoint: 'text',
    prompt: 'text',
    task: 'text',
    segments: 'text',
    words: 'text',
    temperature: 'text',
    seed: 'text',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('generate', 'checkpoint', given.checkpoint);
  const count = integer('generate: --words', given.words ?? '100', 1, 1_000_000);
  const segments = integer('generate: --segments', given.segments ?? '1', 1, 65_536);
  const seed = integer('generate: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const temperature = Number(given.temperature ?? '0');
  if (!(temperature >= 0 && temperature <= 100) || given.temperature?.trim() === '')
    throw new InputError('generate: --temperature', `'${given.temperature}'`, 'a number from 0 to 100');
  const materials = await materialsOf(given);
  const bytes = readBytes('checkpoint', file);
  const added: string[] = [];
  let begun: ReportOf<'generate-begin'> | undefined;
  let judgement: { right: boolean; reason: string } | undefined;
  const adapter = await runSession(
    open,
    {
      kind: 'generate',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...(given.prompt === undefined ? {} : { prompt: given.prompt }),
        ...(given.task === undefined ? {} : { task: given.task }),
        segments,
        words: count,
        temperature,
        seed,
        materials,
      },
    },
    (event) => {
      if (event.type === 'generate-begin') {
        begun = event;
        sayText(event.text, given.json);
      }
      if (event.type === 'generate-word') added.push(event.word);
      else if (event.type === 'generate-end') judgement = event.judgement;
    },
  );
  const { prompt = [], expected = [], unknown = [], text, model } = begun ?? {};
  const written = (words: readonly string[]) => spell(words, model?.pieces);
  if (unknown.length > 0) {
    const rest = unknown.length > 6 ? ` and ${unknown.length - 6} more` : '';
    process.stderr.write(
      `rmt: the prompt has words that the model does not know and reads as [UNK]: ${unknown.slice(0, 6).join(' ')}${rest}\n`,
    );
  }
  if (given.json)
    return printJson({
      adapter,
      prompt: written(prompt),
      text: written(added),
      words: added,
      ...(unknown.length > 0 ? { unknown } : {}),
      ...(text ? { report: text } : {}),
      ...(expected.length > 0 ? { expected: written(expected) } : {}),
      ...(judgement ? { judgement } : {}),
    });
  process.stdout.write(`${written(prompt)}\n→ ${written(added)}\n`);
  if (expected.length > 0 && !judgement) process.stdout.write(`  ${written(expected)} (expected)\n`);
  if (judgement) process.stdout.write(`  ${judgement.right ? 'right' : 'wrong'}: ${judgement.reason}\n`);
}
