// The strings of make_tokenizers.py, generated rather than stored: combining marks, emoji, control characters, long runs.
const words = (
  "the memory of a segment moves to the next one where Mary went back into garden kitchen hallway and she didn't " +
  "won't they're I'll it's naïve café coöperate Ünal Ärger straße ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ Привет мир İstanbul ısı Ångström " +
  'transformers tokenization unbelievable internationalization 3.14 1,000,000 2304.11062 x² ½ Ⅷ ٣٤ ' +
  '日本語 テキスト 한국어 שלום مرحبا नमस्ते สวัสดี ﬁne ｆｕｌｌ ǅ'
).split(' ');
const joined = [
  ...['e\u0301', 'o\u0308\u0323', 'A\u030a', '\u1112\u1161\u11ab', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
  ...['\u{1f1eb}\u{1f1f7}', '\u{1f44d}\u{1f3fd}', '\u2764\ufe0f'],
  ...['[MASK]', '[SEP]', ' [CLS] ', '[UNK]', '<|endoftext|>'],
  ...['\r\n', '\n\n', '\t', '  ', '   ', '...', '--', "'s", "'T", '\u00a0', '\0', '\ufffd', '\u2028', '\u0085', '\u200b'],
  ...['\ufeff', '\u3000', 'a'.repeat(120), '\u00e9'.repeat(101), 'x'.repeat(100), '\u4e2d'.repeat(3)],
  ...['\u2581', '##ing', '\u0e33', '\uff76\uff9e'],
];
const ranges = [
  ...[[0x0, 0x7f], [0x20, 0x7e], [0x80, 0xff], [0x100, 0x24f], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x4ff]],
  ...[[0x590, 0x6ff], [0x900, 0x97f], [0xe00, 0xe7f], [0x1100, 0x11ff], [0x1e00, 0x1fff], [0x2000, 0x206f]],
  ...[[0x2100, 0x2bff], [0x3000, 0x30ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0xe000, 0xe0ff]],
  ...[[0xf900, 0xfaff], [0xfe00, 0xfeff], [0xff00, 0xffef], [0x10000, 0x11fff], [0x1d400, 0x1d7ff], [0x1f300, 0x1faff]],
  ...[[0x20000, 0x2ffff], [0xe0000, 0xe01ff], [0x0, 0xd7ff]],
];

/** String number `index`. */
export function awkwardString(index: number): string {
  let state = Math.imul(index, 2654435761) >>> 0 || 1;
  const below = (n: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
  for (let k = 0; k < 4; k++) below(2);
  const parts: string[] = [];
  for (let left = 1 + below(12); left > 0; left--) {
    const kind = below(8);
    if (kind < 4) parts.push(words[below(words.length)] ?? '');
    else if (kind < 5) parts.push(joined[below(joined.length)] ?? '');
    else {
      const [low = 0, high = 0] = ranges[below(ranges.length)] ?? [];
      const drawn = Array.from({ length: 1 + below(4) }, () => String.fromCodePoint(low + below(high - low + 1)));
      parts.push(drawn.join(''));
    }
    if (below(3) > 0) parts.push(' ');
  }
  return parts.join('');
}
