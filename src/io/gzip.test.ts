import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { gunzipped } from './gzip.ts';
import { fileSource, type TextSource } from './text-source.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const source = (bytes: Uint8Array, name = 'book.txt.gz') => fileSource(new Blob([new Uint8Array(bytes)]), name);

async function textOf(content: TextSource, from?: number, to?: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of content.open(from, to)) text += decoder.decode(piece, { stream: true });
  return text;
}

const text = Array.from({ length: 20_000 }, (_, k) => `line ${(k * 7919) % 10_007}\n`).join('');

describe('a gzip archive', () => {
  it('is read as what it contains, as often as it is asked', async () => {
    const content = await gunzipped(source(gzipSync(encode(text))));
    expect([content.name, content.size]).toEqual(['book.txt', text.length]);
    for (let k = 0; k < 2; k++) expect(await textOf(content)).toBe(text);
    expect(await textOf(content, 70_000, 70_100)).toBe(text.slice(70_000, 70_100));
    expect(await textOf(await gunzipped(source(gzipSync(new Uint8Array(0)))))).toBe('');
    expect((await gunzipped(source(gzipSync(encode('a')), 'a.tgz'))).name).toBe('a.tar');
  });

  it('tells the size of a large one without reading it', async () => {
    // Bytes that do not compress.
    const noise = Uint8Array.from({ length: 2_000_000 }, (_, k) => (Math.imul(k + 1, 2_654_435_761) >>> 13) & 255);
    const bytes = gzipSync(noise, { level: 0 });
    let opened = 0;
    const counting: TextSource = {
      ...source(bytes),
      open(from = 0, to = bytes.length) {
        opened += to - from;
        return source(bytes).open(from, to);
      },
    };
    expect((await gunzipped(counting)).size).toBeGreaterThan(1_900_000);
    expect(opened).toBe(4);
  });

  it('is refused when truncated or damaged', async () => {
    const bytes = gzipSync(encode(text));
    const wanted = /^book\.txt\.gz: .* \(expected an undamaged gzip archive\)$/;
    const wrong = bytes.slice();
    wrong[bytes.length - 6] = (wrong[bytes.length - 6] ?? 0) ^ 1;
    for (const broken of [bytes.slice(0, 12), bytes.slice(0, -9), wrong]) {
      const read = gunzipped(source(broken)).then((content) => textOf(content));
      await expect(read).rejects.toThrow(InputError);
      await expect(read).rejects.toThrow(wanted);
    }
  });
});
