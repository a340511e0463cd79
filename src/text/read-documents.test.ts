import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { fileSource, type TextSource } from '../io/text-source.ts';
import { Random } from '../random.ts';
import { documents } from '../tasks/documents.ts';
import { articlesOf, labelsOf } from './articles-xml.ts';
import { generatedNoise } from './noise.ts';
import { readDocuments } from './read-documents.ts';
import { Vocabulary } from './vocabulary.ts';

const source = (text: string, name: string) => fileSource(new Blob([text]), name);
const articles = (text: string) => source(text, 'articles.xml');
const labels = (text: string) => source(text, 'ground-truth.xml');

const articlesXml = (list: readonly string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<articles>\n${list.join('\n')}\n</articles>\n`;
const article = (id: string, title: string, body: string) =>
  `<article id="${id}" published-at="2017-09-10" title="${title}">${body}</article>`;
const label = (id: string, value: string) =>
  `<article hyperpartisan="${value}" id="${id}" labeled-by="article" url="https://example.org/${id}"/>`;

async function collect(xml: string | TextSource) {
  const all: { id: string; text: string }[] = [];
  for await (const { id, text } of articlesOf(typeof xml === 'string' ? articles(xml) : xml))
    all.push({ id, text: text.replaceAll(/\s+/g, ' ').trim() });
  return all;
}

/** Sixty articles with their number in the title; every third is hyperpartisan. */
const numbers = Array.from({ length: 60 }, (_, n) => String(n).padStart(7, '0'));
const manyArticles = articlesXml(numbers.map((id) => article(id, `Title ${id}`, `<p>${'word '.repeat(30)}end</p>`)));
const manyLabels = articlesXml(numbers.map((id) => label(id, String(Number(id) % 3 === 0))));

describe('articlesOf', () => {
  it('gives title and text, entities decoded, tags as spaces, links as part of the text', async () => {
    const body =
      '<p>Rock &amp; roll&#8217;s <a href="https://example.org" type="external">not</a>hing &lt; 3.</p><p>A&amp;#160;B <![CDATA[C & D]]></p>';
    expect(
      await collect(articlesXml([article('1', 'What&apos;s &quot;new&quot;?', body), article('2', '', '')])),
    ).toEqual([
      { id: '1', text: 'What\'s "new"? Rock & roll’s nothing < 3. A B C & D' },
      { id: '2', text: '' },
    ]);
  });

  it('does not depend on how the file is split into pieces', async () => {
    const xml = articlesXml([
      article('1', 'Ümlaut &amp; more', '<p>one &#8364; <q>two</q></p>'),
      article('2', 't', '<p>u</p>'),
    ]);
    const bytes = new TextEncoder().encode(xml);
    for (const length of [1, 2, 3, 5]) {
      const pieces: TextSource = {
        name: 'articles.xml',
        size: bytes.length,
        async *open() {
          for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
        },
      };
      expect(await collect(pieces)).toEqual(await collect(xml));
    }
  });

  it.each([
    ['', /^articles\.xml: line 1: .*root element.* \(expected well-formed XML\)$/],
    ['no XML\nat all', /^articles\.xml: line 2: .* \(expected well-formed XML\)$/],
    [articlesXml([article('1', 't', '<p>one\ntwo</b>')]), /^articles\.xml: line 4: .* \(expected well-formed XML\)$/],
    ['<articles>\n<article id="1">\n<p>cut', /^articles\.xml: line 3: .*unclosed tag.* \(expected well-formed XML\)$/],
    ['<articles>\n\n<p>&nothing;</p></articles>', /^articles\.xml: line 3: .* \(expected well-formed XML\)$/],
    ['<articles>\n<article title="t"/></articles>', /^articles\.xml: line 2: an article without an id \(expected /],
  ])('refuses %j, and names the line', async (xml, message) => {
    const found = collect(xml);
    await expect(found).rejects.toThrow(InputError);
    await expect(found).rejects.toThrow(message);
  });
});

describe('labelsOf', () => {
  it('gives the class of each article', async () => {
    const found = await labelsOf(labels(articlesXml([label('7', 'true'), label('8', 'false')])));
    expect([...found]).toEqual([
      ['7', 1],
      ['8', 0],
    ]);
  });

  it.each([
    [articlesXml([]), 'ground-truth.xml: no labels (expected <article id="…" hyperpartisan="…"/>)'],
    [
      articlesXml([label('7', 'maybe')]),
      `ground-truth.xml: line 3: 'maybe' (expected hyperpartisan="true" or "false")`,
    ],
    [
      articlesXml([article('7', 't', '')]),
      `ground-truth.xml: line 3: no label (expected hyperpartisan="true" or "false")`,
    ],
    [
      articlesXml([label('', 'true')]),
      'ground-truth.xml: line 3: an article without an id (expected <article id="…">)',
    ],
  ])('refuses %j', async (xml, message) => {
    await expect(labelsOf(labels(xml))).rejects.toThrow(message);
  });
});

describe('readDocuments', () => {
  it('draws every article of its split with its class; one in ten is held out, independent of the other articles', async () => {
    const read = await readDocuments(articles(manyArticles), labels(manyLabels));
    const vocabulary = Vocabulary.of(read.words);
    const drawn = (split: 'train' | 'validation', from = read) => {
      const random = new Random(1);
      const ids = new Map<string, number>();
      for (let k = 0; k < 2000; k++) {
        const { tokens, answer } = from.draw(random, split, 100, vocabulary);
        expect(tokens).toHaveLength(33);
        ids.set(vocabulary.word(tokens[1] ?? 0), answer);
      }
      return ids;
    };
    const [train, validation] = [drawn('train'), drawn('validation')];
    expect(train.size + validation.size).toBe(60);
    expect([...new Set([...train.keys(), ...validation.keys()])].sort()).toEqual(numbers);
    for (const [id, answer] of [...train, ...validation]) expect(answer).toBe(Number(id) % 3 === 0 ? 1 : 0);
    expect(validation.size).toBeGreaterThan(1);
    expect(validation.size).toBeLessThan(13);

    const half = articlesXml(
      numbers.slice(0, 30).map((id) => article(id, `Title ${id}`, `<p>${'word '.repeat(30)}end</p>`)),
    );
    const fewer = drawn('validation', await readDocuments(articles(half), labels(manyLabels)));
    expect([...fewer.keys()].sort()).toEqual([...validation.keys()].filter((id) => Number(id) < 30).sort());
  });

  it('keeps the most frequent words in lower case, and limits the tokens of a document', async () => {
    const read = await readDocuments(articles(manyArticles), labels(manyLabels), { vocabularySize: 3, longest: 10 });
    expect(read.words).toEqual(['word', 'title', 'end']);
    const vocabulary = documents.vocabulary({ noise: generatedNoise(), documents: read });
    const { tokens } = read.draw(new Random(1), 'train', 100, vocabulary);
    expect([...tokens].map((id) => vocabulary.word(id))).toEqual(['title', '[UNK]', ...Array(8).fill('word')]);
    expect(read.draw(new Random(1), 'train', 4, vocabulary).tokens).toHaveLength(4);
    expect(read.draw(new Random(1), 'train', 4, Vocabulary.of(['title'])).tokens).toEqual(Int32Array.of(4, 1, 1, 1));
  });

  it('skips articles without words, and reports progress', async () => {
    const progress: number[] = [];
    const empty = manyArticles.replace('</articles>', `${article('empty', '', '<p> </p>')}</articles>`);
    const known = manyLabels.replace('</articles>', `${label('empty', 'true')}</articles>`);
    const read = await readDocuments(articles(empty), labels(known), { onProgress: (done) => progress.push(done) });
    const random = new Random(2);
    for (let k = 0; k < 500; k++)
      expect(read.draw(random, 'train', 50, Vocabulary.of([])).tokens.length).toBeGreaterThan(0);
    expect(progress).toEqual([0.5, 1]);
  });

  it('refuses files that cannot be used for training', async () => {
    const expectError = async (list: string, known: string, error: InputError) =>
      await expect(readDocuments(articles(list), labels(known))).rejects.toThrow(error);
    const two = articlesXml([article('1', 'a', ''), article('2', 'b', '')]);
    await expectError(
      two,
      articlesXml([label('1', 'true')]),
      new InputError('articles.xml', "article '2' without a label", 'one in ground-truth.xml'),
    );
    await expectError(
      articlesXml([]),
      manyLabels,
      new InputError('articles.xml', 'no articles', '<articles> with at least one <article> of each class'),
    );
    await expectError(
      articlesXml([article('0000001', '', '')]),
      manyLabels,
      new InputError('articles.xml', 'articles without a word', 'articles with a text'),
    );
    for (const value of ['true', 'false'])
      await expectError(
        two,
        articlesXml([label('1', value), label('2', value)]),
        new InputError('articles.xml', `2 articles, all labelled ${value}`, 'articles of both classes'),
      );
    await expectError(
      two,
      articlesXml([label('1', 'true'), label('2', 'false')]),
      new InputError('articles.xml', '2 articles, 0 of them held out', 'enough of them for training and validation'),
    );
    await expect(readDocuments(articles(two), labels(manyLabels), { vocabularySize: 0 })).rejects.toThrow(
      'articles.xml: vocabulary size: 0',
    );
  });
});
