import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountedWord, learnMerges } from './merges.ts';
import { openPieceTokenizer } from './piece-tokenizer.ts';
import { TokenizerTrainer, type TrainedKind } from './tokenizer-trainer.ts';

const story = 'Mary journeyed to the kitchen. John journeyed to the garden, and Mary went back to the kitchen!\n';
function trained(kind: TrainedKind, size: number, text = story.repeat(3)) {
  const trainer = new TokenizerTrainer(kind, size);
  trainer.add(text);
  return openPieceTokenizer(trainer.json('story'), kind);
}

/** The same, by counting all pairs again before each join. */
function naiveMerges(words: readonly CountedWord[], most: number, first: number): [number, number][] {
  const merges: [number, number][] = [];
  for (let id = first; merges.length < most; id++) {
    const counts = new Map<string, number>();
    for (const { pieces, times } of words)
      for (let k = 1; k < pieces.length; k++) {
        const pair = `${pieces[k - 1]} ${pieces[k]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + times);
      }
    const [best] = [...counts]
      .map(([pair, times]) => ({ pair: pair.split(' ').map(Number) as [number, number], times }))
      .sort((x, y) => y.times - x.times || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1]);
    if (!best) return merges;
    merges.push(best.pair);
    for (const word of words) {
      const next: number[] = [];
      for (const piece of word.pieces) {
        if (next.at(-1) === best.pair[0] && piece === best.pair[1] && next.length > 0) next[next.length - 1] = id;
        else next.push(piece);
      }
      word.pieces = next;
    }
  }
  return merges;
}

describe('learning merges', () => {
  it('joins the most frequent pair, counted again after each join', () => {
    const word = fc.record({
      pieces: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }),
      times: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
        const copy = () => words.map(({ pieces, times }) => ({ pieces: [...pieces], times }));
        const merges: [number, number][] = [];
        learnMerges(copy(), (left, right) => (merges.length < 8 ? merges.push([left, right]) + 3 : undefined));
        expect(merges).toEqual(naiveMerges(copy(), 8, 4));
      }),
    );
  });
});

describe('a trained tokenizer', () => {
  it.each([
    ['wordpiece', 'mary journeyed to the kitchen.', ['mary', 'journeyed', 'to', 'the', 'kitchen', '.']],
    ['bpe', 'Mary journeyed to the kitchen.', ['Mary', 'Ġjourneyed', 'Ġto', 'Ġthe', 'Ġkitchen', '.']],
  ] as const)('has the words of its text as pieces: %s', (kind, text, expected) => {
    const { encode, decode, pieces } = trained(kind, 512);
    const { ids } = encode(text);
    expect(Array.from(ids, (id) => pieces[id])).toEqual(expected);
    expect(decode(ids)).toBe(text);
  });

  it('has as many pieces as asked for, special tokens first, if the text has so many', () => {
    const many = Array.from({ length: 4000 }, (_, k) => `word${(k * 7919) % 3571}`).join(' ');
    expect(trained('bpe', 700, many).pieces).toHaveLength(700);
    const { pieces } = trained('wordpiece', 512, many);
    expect(pieces).toHaveLength(512);
    expect(pieces.slice(0, 5)).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
    expect(trained('wordpiece', 512).pieces.length).toBeLessThan(512);
  });

  it('knows every text in bytes, and in WordPiece every word of its own letters', () => {
    const bytes = trained('bpe', 300);
    expect(bytes.decode(bytes.encode('naïve 🐄\n').ids)).toBe('naïve 🐄\n');
    const { encode, unknown } = trained('wordpiece', 512);
    expect(encode('gardener kitchener').ids).not.toContain(unknown);
    expect(encode('猫').ids).toEqual(Int32Array.of(unknown ?? -1));
  });

  it('gives rare characters no piece', () => {
    const rare = Array.from({ length: 2000 }, (_, k) => String.fromCodePoint(0x3400 + k)).join(' ');
    const { pieces, encode, unknown } = trained('wordpiece', 512, `${story.repeat(9)}${rare}`);
    expect(pieces.filter((piece) => /[\u3400-\u9fff]/.test(piece)).length).toBeLessThan(128);
    expect(encode('mary').ids).not.toContain(unknown);
  });

  it('needs a text', () => {
    expect(() => new TokenizerTrainer('bpe', 512).json('empty.txt')).toThrow(/^empty.txt: no words/);
  });
});
