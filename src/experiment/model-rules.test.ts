// The rules for a model exist twice, in the knobs and in the models that read checkpoints; this test checks that the two agree.
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { catalogue, type ModelId } from '../models/catalogue.ts';
import { Random } from '../random.ts';
import { defaults, parseConfig, type RunConfig } from './config.ts';
import { blueprintFor, workOf } from './workspace.ts';

const isAccepted = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
};

/** Sizes that are consistent or not. */
const drawSizes = (random: Random): Partial<RunConfig> => ({
  hidden_size: random.pick([8, 12, 16, 24, 30, 32]),
  num_attention_heads: random.pick([1, 2, 3, 4]),
  head_size: random.pick([0, 0, 4, 6, 8]),
  intermediate_size: random.pick([16, 32, 48, 64, 18]),
  num_mem_tokens: random.pick([0, 1, 4]),
  d_mem: random.pick([4, 8, 6]),
  mem_len: random.pick([0, 6]),
  attention_probs_dropout_prob: random.pick([0, 0, 0.1]),
});

describe('the knobs and the models', () => {
  it.each(Object.keys(catalogue) as ModelId[])(
    '%s accepts the sizes that its knobs accept, and no others',
    async (model) => {
      const work = await workOf(defaults);
      const random = new Random(1);
      const counts = { accepted: 0, refused: 0 };
      for (let k = 0; k < 300; k++) {
        const config: RunConfig = { ...defaults, model, ...drawSizes(random) };
        const byKnobs = isAccepted(() => parseConfig(config));
        const byModel = isAccepted(() => blueprintFor(config, work));
        expect(byModel, JSON.stringify(config)).toBe(byKnobs);
        counts[byKnobs ? 'accepted' : 'refused']++;
      }
      expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(20);
    },
  );
});
