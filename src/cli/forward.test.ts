// rmt forward: tensors as from PyTorch, and the checkpoints and inputs that it refuses.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { readCheckpoint } from '../models/checkpoint.ts';
import { command, rmt } from '../testing/cli.ts';
import { filesIn, golden, oneJson, ragged, raggedInput, refused, workFolder } from '../testing/cli-runs.ts';
import { expectClose, expectNear } from '../testing/close.ts';

const { newFolder, remove, write } = workFolder();
afterAll(remove);

describe('forward', () => {
  it.each(['ragged', 'm0'])('gives PyTorch’s numbers: %s', async (name) => {
    const cwd = newFolder();
    const given = ['--checkpoint', `${golden}${name}.checkpoint.safetensors`, '--input', `${golden}${name}.input.json`];
    const run = name === 'ragged' ? rmt : command;
    const outcome = await run(
      ['forward', ...given, '--out', 'new/o.safetensors', '--attention', '--backward', '--json'],
      {
        cwd,
      },
    );
    const { adapter, segments, out, tensors: listed } = oneJson(outcome);
    expect(filesIn(cwd)).toEqual(['new', join('new', 'o.safetensors')]);
    const { tensors, metadata } = readSafetensors(readFileSync(join(cwd, 'new/o.safetensors')), name);
    const { tensors: expected } = readSafetensors(readFileSync(`${golden}${name}.expected.safetensors`), name);
    expect({ adapter, out }).toEqual({ adapter: metadata['adapter'], out: 'new/o.safetensors' });
    expect(listed).toEqual([...tensors].map(([tensor, { shape }]) => ({ name: tensor, shape })));
    expect(segments).toBe(tensors.get('memory')?.shape[1]);

    const wanted = [...expected].filter(([tensor]) => !tensor.startsWith('adamw'));
    const names = wanted.map(([tensor]) => tensor);
    // Not every dump has the attention.
    const others = [...tensors.keys()].filter(
      (tensor) => !names.includes(tensor) && !/^attention\.\d\.\d$/.test(tensor),
    );
    expect(others).toEqual([]);
    for (const [tensor, { shape, data }] of wanted) {
      const got = tensors.get(tensor);
      expect(got?.shape, tensor).toEqual(shape);
      // As in golden.test.ts: the gradient of a key's bias is rounding error only.
      if (!tensor.startsWith('grad.')) expectClose(got?.data ?? [], data, { atol: 1e-5, label: tensor });
      else if (tensor.endsWith('key.bias')) expectClose(got?.data ?? [], data, { atol: 1e-6, label: tensor });
      else expectNear(got?.data ?? [], data, 2e-5, tensor);
    }
  });

  it('without labels gives logits and memory, and one line of text', async () => {
    const { sequences } = JSON.parse(readFileSync(`${golden}ragged.input.json`, 'utf8')) as { sequences: number[][] };
    const input = write('no-labels.json', JSON.stringify({ sequences }));
    const cwd = newFolder();
    const { status, stdout, errors } = await command(['forward', ...ragged, '--input', input, '--out', 'o'], { cwd });
    // The progress goes to stderr.
    expect({ status, errors: errors.filter((line) => !line.startsWith('[')) }).toEqual({ status: 0, errors: [] });
    expect(stdout).toMatch(/^o: 2 tensors, \d+ segments\n$/);
    const { tensors } = readSafetensors(readFileSync(join(cwd, 'o')), 'o');
    expect([...tensors.keys()]).toEqual(['logits', 'memory']);
    const { tensors: expected } = readSafetensors(readFileSync(`${golden}ragged.expected.safetensors`), 'ragged');
    expectClose(tensors.get('logits')?.data ?? [], expected.get('logits')?.data ?? [], { atol: 1e-5 });
  });

  describe('refuses', () => {
    const bytes = readFileSync(`${golden}ragged.checkpoint.safetensors`);
    const { config, shape } = readCheckpoint(bytes, 'ragged').blueprint;
    const [V, C] = [config.vocab_size, shape.classes];
    const ids = `a token id from 0 to ${V - 1}`;
    const form = '{"sequences": [[ids], …] or "texts": ["…", …], "labels": [ids]?}';

    it.each<[name: string, checkpoint: string | Uint8Array, message: RegExp]>([
      ['no safetensors', 'hello, world', /^a text \(expected a safetensors file\)$/],
      ['an empty file', '', /^0 bytes \(expected a safetensors file of at least 8 bytes\)$/],
      ['a truncated file', bytes.subarray(0, -10), /^'.*' ends at byte \d+ of \d+ \(expected the whole file\)$/],
      [
        'a truncated header',
        bytes.subarray(0, 50),
        /^a header of \d+ bytes in a file of 50 \(expected the whole file\)$/,
      ],
      ['bytes too many', Buffer.concat([bytes, Buffer.alloc(3)]), /^3 bytes after the last tensor \(expected /],
      [
        'no RMT',
        readFileSync(`${golden}ragged.expected.safetensors`),
        /^no 'rmt_config' in the metadata \(expected the checkpoint of an RMT\)$/,
      ],
    ])('a checkpoint of %s', async (name, content, message) => {
      const file = write(`${name.replaceAll(' ', '-')}.safetensors`, content);
      const line = await refused(['forward', '--checkpoint', file, ...raggedInput, '--out', 'o'], 2);
      expect(line.slice(0, `checkpoint ${file}: `.length)).toBe(`checkpoint ${file}: `);
      expect(line.slice(`checkpoint ${file}: `.length)).toMatch(message);
    });

    it.each<[input: unknown, message: string | RegExp, ...flags: string[]]>([
      ['{"sequences": [[5]', /^: .+ \(expected JSON\)$/],
      ['', /^: .+ \(expected JSON\)$/],
      [null, `: null (expected ${form})`],
      [[[5]], /^: 0: "0" \(expected \{/],
      [{}, /^: sequences: undefined \(expected \{/],
      [{ sequences: [] }, /^: sequences: 0 \(expected \{/],
      [{ sequences: [5] }, /^: sequences\.0: 5 \(expected \{/],
      [{ sequences: [['5']] }, /^: sequences\.0\.0: "5" \(expected \{/],
      [{ sequences: [[5]], labels: 'x' }, /^: labels: "x" \(expected \{/],
      [{ sequences: [[5]], lables: [0] }, /^: lables: "lables" \(expected \{/],
      [{ sequences: [[5], []] }, ': sequences[1]: no tokens besides special ones (expected at least one token)'],
      [{ sequences: [[5, V]] }, `: sequences[0][1]: ${V} (expected ${ids})`],
      [{ sequences: [[-1]] }, `: sequences[0][0]: -1 (expected ${ids})`],
      [{ sequences: [[5.5]] }, `: sequences[0][0]: 5.5 (expected ${ids})`],
      [{ sequences: [[5]], labels: [0, 1] }, ': labels: 2 labels (expected 1, one for each sequence)'],
      [{ sequences: [[5]], labels: [] }, ': labels: 0 labels (expected 1, one for each sequence)'],
      [{ sequences: [[5]], labels: [C] }, `: labels[0]: ${C} (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]], labels: [-1] }, `: labels[0]: -1 (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]], labels: [0.5] }, `: labels[0]: 0.5 (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]] }, ': no labels (expected labels, which --backward needs for the loss)', '--backward'],
    ])('the input %j', async (input, message, ...flags) => {
      const file = join(newFolder(), 'input.json');
      writeFileSync(file, typeof input === 'string' ? input : JSON.stringify(input));
      const line = await refused(['forward', ...ragged, '--input', file, '--out', 'o', ...flags], 2);
      expect(line.slice(0, `input ${file}`.length)).toBe(`input ${file}`);
      const rest = line.slice(`input ${file}`.length);
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    });
  });
});
