// Every knob is one entry: what an entry must define, and that nothing else lists knobs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalogue, type ModelId } from '../models/catalogue.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import { appliesTo, defaults, type Knob, knobNames, knobs, relatedKnobs } from './config.ts';

describe('an entry', () => {
  it.each(knobNames)('%s is complete', (name) => {
    const knob: Knob = knobs[name];
    expect(knob.name).toBe(name);
    expect(knob.label).toMatch(/^\S.*[^.:\s]$/);
    expect(knob.help).toMatch(/^\S.*\.$/);
    expect(knob.source).toMatch(/^\S.*[^.\s]$/);
    expect(['task', 'model', 'curriculum', 'optimiser', 'run']).toContain(knob.group);
    expect(['data', 'model', 'training', 'looking']).toContain(knob.about);
    if (knob.kind === 'choice') expect(knob.choices).toContain(knob.initial);
    // It depends on the knobs themselves, not on copies.
    for (const other of knob.dependsOn) expect(knobs[other.name as keyof typeof knobs]).toBe(other);
  });

  it('has a unique name', () => {
    expect(new Set(knobNames).size).toBe(knobNames.length);
    expect(Object.keys(knobs)).toEqual(knobNames);
  });

  it.each(knobNames)('%s applies to some model and task', (name) => {
    const everywhere = (Object.keys(catalogue) as ModelId[]).flatMap((model) =>
      (Object.keys(tasks) as TaskId[]).flatMap((task) =>
        knobs.schedule.choices.flatMap((schedule) =>
          knobs.tokenizer.choices.map((tokenizer) =>
            appliesTo(name, { ...defaults, model, task, schedule, tokenizer }),
          ),
        ),
      ),
    );
    expect(everywhere).toContain(true);
  });

  it('with a rule is among those that a refused link resets, and so are the knobs its rule uses', () => {
    const related = [
      'task',
      'model',
      'num_attention_heads',
      'hidden_size',
      'head_size',
      'd_mem',
      'stage_steps',
      'stages',
    ];
    expect([...relatedKnobs]).toEqual(expect.arrayContaining(related));
    // A knob that only decides where others apply is not.
    for (const name of ['schedule', 'learning_rate', 'seed']) expect(relatedKnobs).not.toContain(name);
  });
});

/** The knobs in each list of strings of a source text, if there are two or more. */
function listsOfKnobs(text: string): string[][] {
  // Model and task are what people choose first; naming both does not make a list of knobs.
  const isListed = (word: string) => Object.hasOwn(knobs, word) && !['model', 'task'].includes(word);
  return [...text.matchAll(/\[\s*'\w+'(?:\s*,\s*'\w+')*\s*,?\s*\]/g)]
    .map(([list]) => [...list.matchAll(/\w+/g)].map(([word]) => word).filter(isListed))
    .filter((found) => found.length > 1);
}

describe('a list of knobs', () => {
  it('is found in a text', () => {
    expect(listsOfKnobs("const a = ['seed', 'loss'];\nnew Set<KnobName>([\n  'mem_len',\n  'd_mem',\n])")).toEqual([
      ['seed', 'loss'],
      ['mem_len', 'd_mem'],
    ]);
    expect(listsOfKnobs("['model', 'task', 'seed'], config['loss'], ['red', 'seed']")).toEqual([]);
  });

  it('exists nowhere: what knobs have in common is in their entries', () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file),
    );
    expect(sources.length).toBeGreaterThan(200);
    const lists = sources.flatMap((file) => {
      const found = listsOfKnobs(readFileSync(join(root, file), 'utf8'));
      return found.map((names) => `${file}: ${names.join(', ')}`);
    });
    expect(lists).toEqual([]);
  });
});
