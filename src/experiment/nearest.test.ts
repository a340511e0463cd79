import { describe, expect, it } from 'vitest';
import { nearest, oneOfNames } from './nearest.ts';

const names = ['seed', 'stages', 'stage_steps', 'learning_rate', 'learning_rate_min', 'hidden_size'] as const;

it.each([
  ['sead', 'seed'],
  ['learning-rate', 'learning_rate'],
  ['Learning Rate Min', 'learning_rate_min'],
  ['hiden_size', 'hidden_size'],
  ['stage_step', 'stage_steps'],
  ['stage', 'stages'],
])('%s is nearest to %s', (name, expected) => {
  expect(nearest(name, names)).toBe(expected);
});

it.each(['', 'dropout', 'x', '__proto__', 'seed'.repeat(1000)])('nothing is near %s', (name) => {
  expect(nearest(name, names)).toBeUndefined();
});

describe('oneOfNames', () => {
  const names = ['hidden_dropout_prob', 'attention_probs_dropout_prob', 'seed'];
  it.each([
    ['sead', 'seed'],
    ['Dropout', 'hidden_dropout_prob or attention_probs_dropout_prob'],
    ['se', 'one of hidden_dropout_prob, attention_probs_dropout_prob, seed'],
    ['hue', 'one of hidden_dropout_prob, attention_probs_dropout_prob, seed'],
  ])('%s: %s', (name, expected) => {
    expect(oneOfNames(name, names)).toBe(expected);
  });
});
