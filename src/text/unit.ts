/** What a text can be split into without a tokenizer: the tokens a model reads and predicts. */
export const units = ['words', 'characters', 'bytes'] as const;
/** With one: pieces of words. */
export type Unit = (typeof units)[number] | 'pieces';
