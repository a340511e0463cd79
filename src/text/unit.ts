/** What a text is split into: the tokens a model reads and predicts. */
export const units = ['words', 'characters', 'bytes'] as const;
export type Unit = (typeof units)[number];
