"""Small tokenizers of our own training, and what Python's tokenizers does with awkward strings.

  pip install tokenizers==0.23.3
  python src/testing/golden/tokenizers/make_tokenizers.py text FILE  writes the text that the tokenizers are trained on
  npm run rmt -- tokenize --train wordpiece --pieces 700 --text FILE --out src/testing/golden/tokenizers/trained-wordpiece.tokenizer.json
  npm run rmt -- tokenize --train bpe --pieces 700 --text FILE --out src/testing/golden/tokenizers/trained-bpe.tokenizer.json
  python src/testing/golden/tokenizers/make_tokenizers.py            writes the fixtures beside this file; those trained by
                                                                     this project must be there, from the same text
  python src/testing/golden/tokenizers/make_tokenizers.py uncased 17 prints string 17, its tokens and ids

The strings are not stored: awkward_strings.ts generates the same ones. Of the ids there is one hash for 50 strings.
"""
import json
import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = Path(__file__).parent
COUNT, GROUP = 12_000, 50
WORDS = (
    "the memory of a segment moves to the next one where Mary went back into garden kitchen hallway and she didn't "
    "won't they're I'll it's naïve café coöperate Ünal Ärger straße ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ Привет мир İstanbul ısı Ångström "
    "transformers tokenization unbelievable internationalization 3.14 1,000,000 2304.11062 x² ½ Ⅷ ٣٤ "
    "日本語 テキスト 한국어 שלום مرحبا नमस्ते สวัสดี ﬁne ｆｕｌｌ ǅ"
).split()
JOINED = [
    "e\u0301", "o\u0308\u0323", "A\u030a", "\u1112\u1161\u11ab", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1eb\U0001f1f7", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "[MASK]", "[SEP]", " [CLS] ", "[UNK]", "<|endoftext|>",
    "\r\n", "\n\n", "\t", "  ", "   ", "...", "--", "'s", "'T", "\u00a0", "\u0000", "\ufffd", "\u2028", "\u0085", "\u200b",
    "\ufeff", "\u3000", "a" * 120, "\u00e9" * 101, "x" * 100, "\u4e2d" * 3, "\u2581", "##ing", "\u0e33", "\uff76\uff9e",
]
RANGES = [
    (0x0, 0x7f), (0x20, 0x7e), (0x80, 0xff), (0x100, 0x24f), (0x300, 0x36f), (0x370, 0x3ff), (0x400, 0x4ff),
    (0x590, 0x6ff), (0x900, 0x97f), (0xe00, 0xe7f), (0x1100, 0x11ff), (0x1e00, 0x1fff), (0x2000, 0x206f),
    (0x2100, 0x2bff), (0x3000, 0x30ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xe000, 0xe0ff),
    (0xf900, 0xfaff), (0xfe00, 0xfeff), (0xff00, 0xffef), (0x10000, 0x11fff), (0x1d400, 0x1d7ff), (0x1f300, 0x1faff),
    (0x20000, 0x2ffff), (0xe0000, 0xe01ff), (0x0, 0xd7ff),
]


class Draws:
    """xorshift32."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        x = self.state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.state = x
        return x % n


def awkward(index):
    draws = Draws(index * 2654435761 % 2**32 or 1)
    for _ in range(4):
        draws.below(2)
    parts = []
    for _ in range(1 + draws.below(12)):
        kind = draws.below(8)
        if kind < 4:
            parts.append(WORDS[draws.below(len(WORDS))])
        elif kind < 5:
            parts.append(JOINED[draws.below(len(JOINED))])
        else:
            low, high = RANGES[draws.below(len(RANGES))]
            parts.append("".join(chr(low + draws.below(high - low + 1)) for _ in range(1 + draws.below(4))))
        if draws.below(3) > 0:
            parts.append(" ")
    return "".join(parts)


def hash_of(numbers):
    h = 0x811C9DC5
    for number in numbers:
        h = ((h ^ (number & 0xFFFFFFFF)) * 0x01000193) & 0xFFFFFFFF
    return h


def texts():
    for name in ("README.md", "ARCHITECTURE.md"):
        yield from (HERE.parents[3] / name).read_text().splitlines()
    yield from (" ".join(WORDS) for _ in range(20))
    yield from ("Where is Mary? What is east of the garden?" for _ in range(20))
    yield from ("in the bathroom hallway garden office bedroom kitchen" for _ in range(40))


def word_piece(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=700, limit_alphabet=250, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.add_tokens([AddedToken("GEN", single_word=True, normalized=False), AddedToken("<sum>", lstrip=True, rstrip=True)])
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("--", "\u2014"), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def check_trained_bpe():
    """The BPE trained by this project has the pieces and merges of Python's trainer, in the same order."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<|endoftext|>", "<pad>", "<s>", "</s>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(["\n".join(texts())], trainer)
    theirs = json.loads(tokenizer.to_str())["model"]
    ours = json.loads((HERE / "trained-bpe.tokenizer.json").read_text())["model"]
    assert ours["vocab"] == theirs["vocab"], "other pieces than Python's trainer"
    assert [merge.split(" ") for merge in ours["merges"]] == theirs["merges"], "other merges than Python's trainer"


def open_tokenizers():
    return {path.name.split(".")[0]: Tokenizer.from_file(str(path)) for path in sorted(HERE.glob("*.tokenizer.json"))}


def main():
    if sys.argv[1:2] == ["text"]:
        Path(sys.argv[2]).write_text("\n".join(texts()))
        return
    if len(sys.argv) == 3:
        text = awkward(int(sys.argv[2]))
        encoded = open_tokenizers()[sys.argv[1]].encode(text, add_special_tokens=False)
        print(json.dumps({"text": text, "tokens": encoded.tokens, "ids": encoded.ids}, ensure_ascii=True))
        return
    made = {"uncased": word_piece(True), "cased": word_piece(False), "bytes": byte_level(), "unigram": unigram()}
    for name, tokenizer in made.items():
        (HERE / f"{name}.tokenizer.json").write_text(
            json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n"
        )
    check_trained_bpe()
    made |= {name: each for name, each in open_tokenizers().items() if name.startswith("trained-")}
    strings = [awkward(index) for index in range(COUNT)]
    golden = {"count": COUNT, "group": GROUP, "strings": hash_of(ord(c) for text in strings for c in text)}
    for name, tokenizer in made.items():
        ids = [encoded.ids for encoded in tokenizer.encode_batch(strings, add_special_tokens=False)]
        golden[name] = [
            hash_of(number for each in ids[at : at + GROUP] for number in [*each, -1]) for at in range(0, COUNT, GROUP)
        ]
    (HERE / "expected.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
