// A tokenizer.json at work: text as ids and back. Ids are those of Python's tokenizers; each token knows its place in the
// text. The library is loaded with this module: import it when a tokenizer is needed.
import { type ComponentJson, parseTokenizerJson, type TokenizerJson } from '../../io/tokenizer-json.ts';
import type { Encoded } from '../encoded.ts';
import { addedTokens } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import { normalizerOf } from './normalizers.ts';
import { type PieceModel, pieceModel } from './piece-model.ts';
import { preTokenizerOf } from './pre-tokenizers.ts';
import { type PieceStyle, spellPieces } from './spelling.ts';

export interface PieceTokenizer {
  readonly style: PieceStyle;
  /** The pieces and added tokens by id. */
  readonly pieces: readonly string[];
  /** The id of the piece for unknown words; undefined where every text is known. */
  readonly unknown: number | undefined;
  /** Without special tokens around the text; the offsets refer to the text as given. */
  encode(text: string): Encoded;
  decode(ids: ArrayLike<number>): string;
}

/** The component, or a part of it, of one of these types. */
const has = (json: ComponentJson | undefined, type: string): boolean =>
  json?.type === type ||
  ['normalizers', 'pretokenizers', 'decoders'].some((list) => {
    const parts = json?.[list];
    return Array.isArray(parts) && parts.some((part: ComponentJson) => has(part, type));
  });

function styleOf({ model, preTokenizer, decoder }: TokenizerJson): PieceStyle {
  if (model.type === 'WordPiece') return 'wordpiece';
  return has(preTokenizer, 'ByteLevel') || has(decoder, 'ByteLevel') ? 'bytes' : 'metaspace';
}

/** Grows as numbers are added. */
class Numbers {
  private numbers = new Int32Array(256);
  private length = 0;

  push(value: number): void {
    if (this.length === this.numbers.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = value;
  }

  get values(): Int32Array {
    return this.numbers.slice(0, this.length);
  }
}

/**
 * The tokenizer of a tokenizer.json.
 * @param where its name in messages
 * @throws InputError naming what is malformed, does not fit, or is not supported
 */
export function openPieceTokenizer(text: string, where: string): PieceTokenizer {
  const json = parseTokenizerJson(text, where);
  const normalize = normalizerOf(json.normalizer, `${where}: normalizer`);
  const preTokenize = preTokenizerOf(json.preTokenizer, `${where}: pre_tokenizer`);
  const model: PieceModel = pieceModel(json, where);
  const parts = addedTokens(json.added, normalize);
  const style = styleOf(json);
  return {
    style,
    pieces: json.pieces,
    unknown: model.unknown,
    encode(given) {
      const [ids, offsets] = [new Numbers(), new Numbers()];
      const add = (id: number, [start, end]: readonly [number, number]) => {
        ids.push(id);
        offsets.push(start);
        offsets.push(end);
      };
      for (const part of parts(AlignedText.of(given))) {
        if (part.id !== undefined) add(part.id, part.text.origin(0, part.text.length));
        else
          for (const word of preTokenize(part.text))
            for (const { id, from, to } of model.split(word.text)) add(id, word.origin(from, to));
      }
      return { ids: ids.values, text: given, offsets: offsets.values };
    },
    decode: (ids) =>
      spellPieces(
        Array.from(ids, (id) => json.pieces[id] ?? ''),
        style,
      ).join(''),
  };
}
