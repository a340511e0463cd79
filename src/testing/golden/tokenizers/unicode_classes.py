"""Every character's class as Python's tokenizers sees it, as JSON on stdout: input of unicode-differences.mjs."""
import json

from tokenizers import normalizers, pre_tokenizers

CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def changed(normalizer):
    return {code: now for code in CODES if (now := normalizer.normalize_str(chr(code))) != chr(code)}


def removed(normalizer):
    return [code for code, now in changed(normalizer).items() if now == ""]


def bert(**options):
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**off, **options})


def joining(splitter, before):
    """Characters that stay in one part with the character before them."""
    return [code for code in CODES if len(splitter.pre_tokenize_str(before + chr(code))) == 1]


words = pre_tokenizers.ByteLevel(add_prefix_space=False)
isolated = pre_tokenizers.BertPreTokenizer()
print(
    json.dumps(
        {
            "unclean": removed(bert(clean_text=True)),
            "nonspacing": removed(bert(strip_accents=True)),
            "marks": removed(normalizers.StripAccents()),
            "punctuation": [c for c in CODES if len(isolated.pre_tokenize_str("a" + chr(c) + "a")) == 3],
            "letters": joining(words, "a"),
            "numbers": joining(words, "1"),
            **{form: changed(getattr(normalizers, form)()) for form in ("NFC", "NFD", "NFKC", "NFKD")},
        }
    )
)
