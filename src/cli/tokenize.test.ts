// rmt tokenize, and the commands that take text, on models with a tokenizer.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { command } from '../testing/cli.ts';
import { filesIn, oneJson, workFolder } from '../testing/cli-runs.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { pieceCheckpoint, tokenizerJson } from '../testing/piece-models.ts';
import { openPieceTokenizer } from '../text/pieces/piece-tokenizer.ts';

useSimpleKernels();
const { newFolder, remove, write } = workFolder();
afterAll(remove);

const encoder = write('encoder.safetensors', pieceCheckpoint('rmt-bert'));
const decoder = write('decoder.safetensors', pieceCheckpoint('rmt-gpt2'));
const text = 'The memory of a segment.\r\n\nMary went back.\n';
const textFile = write('text.txt', text);

/** What the command prints. */
const tokenized = async (...words: string[]) => {
  const { status, stdout, errors } = await command(['tokenize', ...words, '--json']);
  expect({ status, errors }).toEqual({ status: 0, errors: [] });
  return JSON.parse(stdout) as { ids: number[]; tokens: string[] }[];
};

const documents = (name: 'uncased' | 'bytes') => {
  const { encode, pieces } = openPieceTokenizer(tokenizerJson(name), name);
  return ['The memory of a segment.', '', 'Mary went back.'].map((line) => {
    const ids = [...encode(line).ids];
    return { ids, tokens: ids.map((id) => pieces[id]) };
  });
};

describe('tokenize', () => {
  it('gives the ids and tokens of each line, by the tokenizer of a checkpoint or of a file', async () => {
    const file = write('tokenizer.json', tokenizerJson('uncased'));
    expect(await tokenized('--tokenizer', file, '--text', textFile)).toEqual(documents('uncased'));
    expect(await tokenized('--checkpoint', encoder, '--text', textFile)).toEqual(documents('uncased'));
    expect(await tokenized('--checkpoint', decoder, '--text', textFile)).toEqual(documents('bytes'));
  });

  it('reads vocab.txt with the tokenizer_config.json beside it, and a folder', async () => {
    const folder = newFolder();
    const vocab = join(folder, 'vocab.txt');
    writeFileSync(vocab, '[PAD]\n[UNK]\nThe\nthe\n');
    const lines = write('the.txt', 'The\n');
    const ids = async (path: string) => (await tokenized('--tokenizer', path, '--text', lines))[0]?.ids;
    expect(await ids(vocab)).toEqual([3]);
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"do_lower_case": false}');
    expect(await ids(vocab)).toEqual([2]);
    expect(await ids(folder)).toEqual([2]);
  });

  it.each([
    [[], 'tokenize: neither --tokenizer nor --checkpoint (expected one of them)'],
    [
      ['--checkpoint', encoder, '--tokenizer', 'x'],
      'tokenize: both --tokenizer and --checkpoint (expected one of them)',
    ],
    [['--tokenizer', textFile], /^tokenizer: none in '.*text.txt' \(expected tokenizer.json, vocab.txt, or vocab.json/],
  ])('refuses %j', async (words, message) => {
    const outcome = await command(['tokenize', ...words, '--text', textFile]);
    expect(outcome.status).toBe(2);
    expect(outcome.errors.at(-1)?.replace('rmt: ', '')).toEqual(
      message instanceof RegExp ? expect.stringMatching(message) : message,
    );
  });

  it('reads UTF-16, and lines of Windows', async () => {
    const lines = 'the memory\r\n\r\nof a segment\r\n';
    const ids: unknown[] = [];
    for (const [name, content] of [
      ['utf-8.txt', lines],
      ['utf-16.txt', new Uint8Array(Buffer.from(`\ufeff${lines}`, 'utf16le'))],
    ] as const) {
      const { stdout } = await command(['tokenize', '--checkpoint', encoder, '--text', write(name, content), '--json']);
      ids.push(JSON.parse(stdout));
    }
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[0]).toMatchObject([{ tokens: ['the', 'memory'] }, { ids: [] }, {}]);
  });

  it('refuses a text in another encoding', async () => {
    const latin = write('latin.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    const { status, errors } = await command(['tokenize', '--checkpoint', encoder, '--text', latin]);
    expect(status).toBe(2);
    expect(errors.at(-1)).toContain('latin.txt: not UTF-8 (expected a text in UTF-8)');
  });
});

describe('forward', () => {
  it('takes texts as well as their ids', async () => {
    const cwd = newFolder();
    const texts = ['The memory of a segment moves to the next.', 'Mary went back into the garden.'];
    const { encode } = openPieceTokenizer(tokenizerJson('uncased'), 'uncased');
    const inputs = { texts: { texts }, ids: { sequences: texts.map((each) => [...encode(each).ids]) } };
    const logits = [];
    for (const [name, input] of Object.entries(inputs)) {
      const file = write(`${name}.json`, JSON.stringify(input));
      const outcome = await command(['forward', '--checkpoint', encoder, '--input', file, '--out', 'o', '--json'], {
        cwd,
      });
      expect(outcome.status).toBe(0);
      logits.push(readSafetensors(readFileSync(join(cwd, 'o')), name).tensors.get('logits'));
    }
    expect(logits[0]?.shape).toEqual([2, 6]);
    expect(logits[0]).toEqual(logits[1]);
  });

  it('takes one of them, and texts with a token', async () => {
    for (const [input, message] of [
      [{ texts: ['a'], sequences: [[5]] }, 'both sequences and texts'],
      [{}, 'sequences: undefined'],
      [{ texts: ['a', '\0'] }, 'texts[1]: no tokens (expected a text)'],
    ] as const) {
      const file = write('bad.json', JSON.stringify(input));
      const cwd = newFolder();
      const outcome = await command(['forward', '--checkpoint', encoder, '--input', file, '--out', 'o'], { cwd });
      expect(outcome.status).toBe(2);
      expect(outcome.errors.at(-1)).toContain(message);
      expect(filesIn(cwd)).toEqual([]);
    }
  });
});

describe('stream', () => {
  it('reads a text with an encoder that has no task', async () => {
    const long = write('long.txt', 'The memory of a segment moves to the next one. '.repeat(12));
    const { segments, tokens, answer, expected } = oneJson(
      await command(['stream', '--checkpoint', encoder, '--text', long, '--segments', '3', '--json']),
    );
    expect({ segments, tokens, expected }).toEqual({ segments: 3, tokens: 72, expected: '' });
    expect(answer).toMatch(/^class [0-5]$/);
  });
});

describe('generate', () => {
  it('continues a text in pieces, joined as they are written', async () => {
    const outcome = await command([
      'generate',
      '--checkpoint',
      decoder,
      '--prompt',
      'Mary went  back',
      '--words',
      '3',
      '--json',
    ]);
    const { prompt, text, words } = oneJson(outcome) as unknown as { prompt: string; text: string; words: string[] };
    expect(prompt).toBe('Mary went  back');
    expect(words).toHaveLength(3);
    const { decode, pieces } = openPieceTokenizer(tokenizerJson('bytes'), 'bytes');
    expect(text).toBe(decode(words.map((word) => pieces.indexOf(word))));
  });
});

describe('eval', () => {
  it('measures the loss of a text in pieces', async () => {
    const long = write('long.txt', 'The memory of a segment moves to the next one.\n'.repeat(60));
    const found = oneJson(
      await command(['eval', '--checkpoint', decoder, '--text', long, '--segments', '1', '--samples', '4', '--json']),
    );
    expect(found['task']).toBe('language');
    expect((found['perplexity'] as Record<string, number>)['1']).toBeGreaterThan(1);
  });

  it('asks for the facts of a task in pieces', async () => {
    const found = oneJson(
      await command([
        'eval',
        '--checkpoint',
        encoder,
        '--task',
        'detect',
        '--segments',
        '2',
        '--samples',
        '8',
        '--noise',
        textFile,
        '--json',
      ]),
    );
    expect(found['samples']).toBe(8);
  });
});
