// What a user may give as a text, and what is refused by its name.
import { gzipSync, type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import { fileSource, type TextSource } from '../io/text-source.ts';
import { fixture } from '../testing/published.ts';
import { holdsLabels, holdsWeights, openText, openXml, readWholeText } from './open-text.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const file = (content: string | Uint8Array, name = 'book.txt') =>
  fileSource(new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name);
const zip = (files: Zippable, name = 'corpus.zip') => file(zipSync(files), name);

async function textOf(source: TextSource | undefined): Promise<string | undefined> {
  if (!source) return undefined;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const piece of source.open()) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}
const opened = async (source: TextSource) => {
  const { train, validation } = await openText(source);
  return { train: await textOf(train), validation: await textOf(validation) };
};

const prose = 'It was late, and nobody, as far as I know, had seen the red door.\n';
const utf16 = (text: string, isLittle: boolean) => {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let k = 0; k < text.length; k++) view.setUint16(2 * k, text.charCodeAt(k), isLittle);
  return bytes;
};

describe('a text', () => {
  it.each([
    ['plain', file(prose)],
    ['without an extension', file(prose, 'enwik8')],
    ['in gzip', file(gzipSync(encode(prose)), 'book.txt.gz')],
    ['in a zip archive', zip({ 'folder/': new Uint8Array(), 'folder/book.txt': encode(prose) })],
    ['in a zip archive made on a Mac', zip({ 'a.txt': encode(prose), '__MACOSX/._a.txt': encode('x') })],
    ['beside others, by its well-known name', zip({ enwik8: encode(prose), 'readme.txt': encode('x') })],
    ['in gzip, in a zip archive', zip({ '.DS_Store': encode('x'), 'a.gz': gzipSync(encode(prose)) })],
  ])('%s is read', async (_, source) => {
    expect(await opened(source)).toEqual({ train: prose, validation: undefined });
  });

  it('is UTF-8, or UTF-16 with a byte order mark', async () => {
    const text = `${prose}naïve 😀 日本語\n`;
    for (const isLittle of [true, false])
      expect((await opened(file(utf16(`\uFEFF${text}`, isLittle)))).train).toBe(text);
  });

  it('may be the markup of Wikipedia, as enwik8 is', async () => {
    const markup = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.3/">\n<page>a</page>\n';
    expect((await opened(file(markup, 'enwik8'))).train).toBe(markup);
  });

  it.each([
    [
      'text',
      JSON.stringify({ id: 1, text: 'One.' }),
      JSON.stringify({ id: 2, text: 'Two\nlines.' }),
      'One.\nTwo\nlines.\n',
    ],
    ['content', JSON.stringify({ content: 'One.' }), '', 'One.\n'],
    [
      'article',
      JSON.stringify({ article: ['<html>\n', '<p>One &amp; a half.</p>\n'], text: 'no' }),
      JSON.stringify({ article: '<!DOCTYPE html><p>Two.</p>', text: 'no' }),
      'One & a half.\nTwo.\n',
    ],
  ])('may be JSON Lines with a text in %s', async (_, first, second, text) => {
    expect((await opened(file(`${first}\n${second}\n`, 'texts.jsonl'))).train).toBe(text);
  });

  it('is the story in a file of QuALITY, without its markup and without the questions', async () => {
    const text = (await opened(file(fixture('quality.jsonl'), 'quality.jsonl'))).train ?? '';
    expect(text).toContain('THE CLOCK UNDER THE LAKE');
    expect(text).not.toMatch(/<|margin-top|unique_id|question/);
  });

  it.each(['tokens', 'raw'])('has the published parts of WikiText (.%s)', async (ending) => {
    const files = Object.fromEntries(
      ['train', 'valid', 'test'].map((part) => [`wikitext-2/wiki.${part}.${ending}`, encode(` = ${part} = \n`)]),
    );
    expect(await opened(zip(files))).toEqual({ train: ' = train = \n', validation: ' = valid = \n' });
    const held = file(' = valid = \n', `wiki.valid.${ending}`);
    expect(await opened(held)).toEqual({ train: undefined, validation: ' = valid = \n' });
  });

  it('has the parts that files of an archive are named by', async () => {
    const files = { 'README.md': encode('x'), 'data/books-train.txt': encode('a'), 'data/books-test.txt': encode('b') };
    expect(await opened(zip(files))).toEqual({ train: 'a', validation: 'b' });
    // A single file may be called test.
    expect(await opened(file(prose, 'test.txt'))).toEqual({ train: prose, validation: undefined });
  });

  const text = 'a text in UTF-8';
  it.each<[string, TextSource, InputError]>([
    [
      'bzip2',
      file('BZh91AY&SY', 'a.bz2'),
      new InputError('a.bz2', 'a bzip2 archive', `${text}; unpack it with bunzip2`),
    ],
    [
      'xz',
      file(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4)),
      new InputError('book.txt', 'an xz archive', `${text}; unpack it with unxz`),
    ],
    [
      'zstd',
      file(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0)),
      new InputError('book.txt', 'a zstd archive', `${text}; unpack it with zstd -d`),
    ],
    [
      'Parquet',
      file('PAR1....PAR1', 'a.parquet'),
      new InputError('a.parquet', 'a Parquet table', `${text}; export its text column as plain text or JSON Lines`),
    ],
    [
      'PDF',
      file('%PDF-1.7\n', 'a.pdf'),
      new InputError('a.pdf', 'a PDF document', `${text}; save its text as plain text`),
    ],
    [
      'Word',
      zip({ '[Content_Types].xml': encode('x'), 'word/document.xml': encode('x') }, 'a.docx'),
      new InputError('a.docx', 'an office document or e-book', `${text}; save it as plain text`),
    ],
    [
      'HTML',
      file('<!doctype html><p>a</p>', 'a.html'),
      new InputError('a.html', 'an HTML page', `${text}; save its text as plain text`),
    ],
    [
      'a table',
      file('id,name,text\n1,a,b\n2,c,d\n3,e,f\n', 'a.csv'),
      new InputError('a.csv', 'a table of comma-separated values', `${text}; save its text column as plain text`),
    ],
    ['binary data', file(new Uint8Array(1000), 'a.bin'), new InputError('a.bin', 'binary data', text)],
    [
      'weights',
      file(Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c), 'pytorch_model.bin'),
      new InputError(
        'pytorch_model.bin',
        'a Python pickle',
        `${text}; save the tensors with safetensors.torch.save_file`,
      ),
    ],
    [
      'a Git LFS pointer',
      file('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n', 'wiki.train.tokens'),
      new InputError(
        'wiki.train.tokens',
        'a Git LFS pointer, not the file itself',
        `${text}; fetch the file with git lfs pull, or download it from the hub`,
      ),
    ],
    ['nothing', file('', 'a.txt'), new InputError('a.txt', 'an empty file', text)],
    [
      'Latin-1',
      file(Uint8Array.of(...encode(prose), 0xe9, 0x20)),
      new InputError('book.txt', 'not UTF-8 at byte 66', `${text}; save it as UTF-8`),
    ],
    [
      'UTF-16 without a mark',
      file(utf16(prose, true)),
      new InputError(
        'book.txt',
        'a zero at byte 1, as in UTF-16LE, but no byte order mark',
        `${text}; save it as UTF-8`,
      ),
    ],
    [
      'half a character of UTF-16',
      file(Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x62)),
      new InputError('book.txt', 'no UTF-16LE text', text),
    ],
    [
      'JSON Lines without a text',
      file('{"id": 1, "title": "a"}\n{"id": 2, "title": "b"}\n'),
      new InputError(
        'book.txt: line 1',
        'a record with the fields "id", "title"',
        'JSON Lines with a text in article, text, content',
      ),
    ],
    [
      'a record without its text',
      file('{"text": "a"}\n{"id": 2}\n'),
      new InputError(
        'book.txt: line 2',
        'a record with the fields "id"',
        'JSON Lines with a text in article, text, content',
      ),
    ],
    [
      'broken JSON Lines',
      file('{"text": "a"}\n{"text": "b"\n'),
      new InputError('book.txt: line 2', 'no JSON', 'JSON Lines with a text in article, text, content'),
    ],
    [
      'a tar archive in gzip',
      file(
        gzipSync(
          (() => {
            const bytes = new Uint8Array(1024);
            bytes.set(encode('notes.txt'));
            bytes.set(encode('ustar'), 257);
            return bytes;
          })(),
        ),
        'a.tgz',
      ),
      new InputError('a.tar', 'a tar archive', `${text}; unpack it`),
    ],
    [
      'an archive in an archive',
      zip({ 'inner.zip': zipSync({ 'a.txt': encode('a') }) }),
      new InputError('inner.zip', 'a zip archive inside an archive', `${text}; unpack it`),
    ],
    [
      'several files',
      zip({ 'a.txt': encode('a'), 'b/c.txt': encode('c') }),
      new InputError(
        'corpus.zip',
        "a zip archive of 'a.txt', 'b/c.txt'",
        'a single file, enwik8, or files named train, valid and test',
      ),
    ],
    [
      'no file',
      zip({ 'a/': new Uint8Array() }),
      new InputError(
        'corpus.zip',
        'an empty zip archive',
        'a single file, enwik8, or files named train, valid and test',
      ),
    ],
  ])('is refused: %s', async (_, source, error) => {
    await expect(opened(source)).rejects.toThrow(error);
  });

  it('in memory is whole, in NFC, and of bounded length', async () => {
    expect(await readWholeText(file(gzipSync(encode('cafe\u0301'))), 10)).toEqual({ name: 'book.txt', text: 'café' });
    const records = file('{"id":1,"text":"One."}\n{"id":2,"text":"Two."}\n', 'some.jsonl');
    expect(await readWholeText(records, 100), 'says what was read of a record').toEqual({
      name: 'some.jsonl (JSON Lines, field “text”)',
      text: 'One.\nTwo.\n',
    });
    await expect(readWholeText(file('a'.repeat(11)), 10)).rejects.toThrow(
      new InputError('book.txt', 'more than 10 characters', 'a text of at most 10 characters'),
    );
    await expect(readWholeText(file(' \n'), 10)).rejects.toThrow('book.txt: no text');
    const late = new Uint8Array(100_000).fill(0x61);
    late[90_000] = 0xe9;
    await expect(readWholeText(file(late), 1e6)).rejects.toThrow('book.txt: not UTF-8 at byte 90000');
  });
});

it('weights are told from texts by their content', async () => {
  expect(await holdsWeights(file(writeSafetensors([['a', { shape: [1], data: new Float32Array(1) }]]), 'a.txt'))).toBe(
    true,
  );
  expect(await holdsWeights(file(Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c), 'a.bin'))).toBe(true);
  expect(await holdsWeights(file(prose, 'a.safetensors'))).toBe(false);
});

describe('a file of markup', () => {
  const articles = '<?xml version="1.0"?>\n<articles><article id="1">hyperpartisan="true"</article></articles>';
  const labels = '<articles><article id="1" hyperpartisan="true"/></articles>';

  it('is opened as published, zipped or not', async () => {
    for (const source of [file(labels), zip({ 'a.xml': encode(labels) }), file(gzipSync(encode(labels)))])
      expect(await textOf(await openXml(source))).toBe(labels);
    await expect(openXml(file('%PDF-1.7'))).rejects.toThrow('book.txt: a PDF document (expected an XML file');
  });

  it('holds labels if its articles have them', async () => {
    expect(await holdsLabels(file(labels))).toBe(true);
    expect(await holdsLabels(file(articles))).toBe(false);
  });
});
