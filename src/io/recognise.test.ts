import fc from 'fast-check';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type FileKind, recognise, recogniseFile, wrongKind } from './recognise.ts';
import { writeSafetensors } from './safetensors.ts';
import { bytesSource } from './text-source.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const zip = (...names: string[]) => zipSync(Object.fromEntries(names.map((name) => [name, utf8('some content')])));
const utf16 = (text: string, isLittle: boolean, hasMark = true) => {
  const bytes = new Uint8Array(2 * (text.length + (hasMark ? 1 : 0)));
  const view = new DataView(bytes.buffer);
  [...(hasMark ? '\uFEFF' : ''), ...text].forEach((character, k) => {
    view.setUint16(2 * k, character.charCodeAt(0), isLittle);
  });
  return bytes;
};
const tar = () => {
  const bytes = new Uint8Array(1024);
  bytes.set(utf8('notes.txt'));
  bytes.set(utf8('ustar'), 257);
  return bytes;
};
const prose = 'It was late, and nobody, as far as I know, had seen the red door.\n';
const vocabularyJson = JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, id) => [`piece${id}`, id])));

const files: readonly (readonly [what: string, kind: FileKind, bytes: Uint8Array])[] = [
  ['nothing', 'empty', new Uint8Array(0)],
  ['tensors', 'safetensors', writeSafetensors([['a', { shape: [1], data: new Float32Array(1) }]])],
  ['no tensors', 'safetensors', writeSafetensors([])],
  [
    'the beginning of a download',
    'safetensors',
    writeSafetensors([['a', { shape: [9], data: new Float32Array(9) }]]).slice(0, 40),
  ],
  ['what torch.save writes', 'torch-zip', zip('archive/data.pkl', 'archive/data/0')],
  ['what torch.save wrote before 1.6', 'pickle', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c)],
  ['a pickle of protocol 4', 'pickle', Uint8Array.of(0x80, 4, 0x95, 1, 0, 0)],
  ['a GGUF file', 'gguf', utf8('GGUF\x03')],
  ['a Git LFS pointer', 'lfs-pointer', utf8('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n')],
  [
    'a shard index',
    'shard-index',
    utf8('{"metadata": {"total_size": 8}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}'),
  ],
  ['a config', 'model-config', utf8('{\n  "architectures": ["BertModel"],\n  "hidden_size": 8\n}')],
  [
    'a tokenizer',
    'tokenizer',
    utf8('{"version": "1.0", "added_tokens": [], "pre_tokenizer": null, "model": {"vocab": {}}}'),
  ],
  ['settings of a tokenizer', 'tokenizer-config', utf8('{"do_lower_case": true}')],
  ['a WordPiece vocabulary', 'vocabulary', utf8('[PAD]\n[unused0]\n[UNK]\n[CLS]\n[SEP]\nthe\n##s\n')],
  ['a BPE vocabulary', 'bpe-vocabulary', utf8(vocabularyJson)],
  ['merges', 'merges', utf8('#version: 0.2\nĠ t\nh e\n')],
  ['a zip archive', 'zip', zip('book.txt')],
  ['a zip archive without entries', 'zip', zipSync({})],
  ['a docx', 'office', zip('[Content_Types].xml', 'word/document.xml')],
  ['an e-book', 'office', zip('mimetype', 'META-INF/container.xml')],
  ['gzip', 'gzip', gzipSync(utf8(prose))],
  ['bzip2', 'bzip2', utf8('BZh91AY&SY')],
  ['xz', 'xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
  ['zstd', 'zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4)],
  ['tar', 'tar', tar()],
  ['PDF', 'pdf', utf8('%PDF-1.7\n')],
  ['Parquet', 'parquet', utf8('PAR1\x15\x04')],
  ['a PNG', 'image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
  ['a run', 'run', utf8('{"format":"rmt-playground run","version":1}')],
  ['JSON Lines', 'jsonl', utf8('{"text": "a"}\n{"text": "b"}\n')],
  ['a JSON object over several lines', 'json', utf8('{\n  "text": "a"\n}\n')],
  ['a JSON list', 'json', utf8('[1, 2]')],
  ['a table', 'csv', utf8('fact1,fact2,answer\n"a, b",c,d\ne,f,g\n')],
  ['a table with tabs', 'csv', utf8('id\ttext\tlabel\n1\ta\tb\n2\tc\td\n')],
  ['XML', 'xml', utf8('<?xml version="1.0"?>\n<articles><article id="1">a</article></articles>')],
  ['XML without a declaration', 'xml', utf8('<articles>\n<article id="1">a</article></articles>')],
  ['HTML', 'html', utf8('<!DOCTYPE html>\n<html><body>a</body></html>')],
  ['prose', 'text', utf8(prose.repeat(20))],
  ['prose that begins with a brace', 'text', utf8(`{${prose}`)],
  ['prose that begins with a bracket', 'text', utf8(`[Illustration] ${prose.repeat(2000)}`)],
  ['prose with a tag', 'text', utf8(`<unk> ${prose}`)],
  [
    'WikiText',
    'text',
    utf8(' = Robert Boulter = \n \n Robert Boulter is an English film , television and <unk> actor .\n'),
  ],
  ['bAbI', 'text', utf8('1 Mary moved to the bathroom.\n2 Where is Mary? \tbathroom\t1\n')],
  ['a poem', 'text', utf8('Roses, violets\nlilies, daisies\nposies, pansies\n')],
  ['white space', 'text', utf8(' \n\n')],
  ['noise', 'binary', Uint8Array.from({ length: 400 }, (_, i) => (i * 89) % 32)],
];

describe('recognise', () => {
  it.each(files)('%s is %s', (_what, kind, bytes) => {
    expect(recognise(bytes.subarray(0, 2 ** 16), bytes.length).kind).toBe(kind);
  });

  it.each([
    ['UTF-8', utf8('naïve 中文'), 'utf-8', undefined],
    ['UTF-8 with a mark', utf8('\uFEFFnaïve'), 'utf-8', true],
    ['UTF-8 cut within a character', utf8('naïve').subarray(0, 3), 'utf-8', undefined],
    ['UTF-16 with a mark', utf16(prose, true), 'utf-16le', true],
    ['UTF-16, big-endian, with a mark', utf16(prose, false), 'utf-16be', true],
    ['UTF-16 without a mark', utf16(prose, true, false), 'utf-16le', undefined],
    ['Latin-1', Uint8Array.of(0x61, 0xe9, 0x20, 0x62), 'not-utf-8', undefined],
  ])('knows the encoding of a text: %s', (_what, bytes, encoding, hasByteOrderMark) => {
    const found = recognise(bytes, bytes.length);
    expect(found).toMatchObject({ kind: 'text', encoding });
    expect(found.hasByteOrderMark).toBe(hasByteOrderMark);
  });

  it('needs no more than the beginning of a file', async () => {
    const long = utf8(prose.repeat(5000));
    expect(long.length).toBeGreaterThan(2 ** 18);
    expect((await recogniseFile(bytesSource('long.txt', long))).kind).toBe('text');
    const lines = utf8('{"article": "a b c"}\n'.repeat(20_000));
    expect((await recogniseFile(bytesSource('long.jsonl', lines))).kind).toBe('jsonl');
  });

  it('gives the same kind for whatever bytes, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.string({ maxLength: 300 }).map(utf8),
          fc.json().map(utf8),
          fc
            .constantFrom(...files.map(([, , bytes]) => bytes))
            .chain((bytes) => fc.nat(bytes.length).map((end) => bytes.slice(0, end))),
        ),
        fc.nat(1000),
        (bytes, more) => {
          const found = recognise(bytes, bytes.length + more);
          expect(found.name).not.toBe('');
          expect(recognise(bytes, bytes.length + more)).toEqual(found);
        },
      ),
    );
  });
});

describe('wrongKind', () => {
  it('says what the file is, what is needed, and what to do', () => {
    const found = recognise(utf8('version https://git-lfs.github.com/spec/v1\n'), 43);
    expect(wrongKind('model.safetensors', found, 'a safetensors file').message).toBe(
      'model.safetensors: a Git LFS pointer, not the file itself (expected a safetensors file; fetch the file with git lfs pull, or download it from the hub)',
    );
  });
});
