// The knobs of a run's curriculum: stages with more and more segments.
import { choiceKnob, listKnob, numberKnob } from './knob.ts';
import { officialCode, rmt1M } from './sources.ts';

const source = `${rmt1M}, curriculum learning`;

const stages = listKnob({
  name: 'stages',
  group: 'curriculum',
  about: 'training',
  basic: true,
  min: 1,
  max: 64,
  initial: [1, 2, 3, 4],
  label: 'Curriculum',
  help: 'Segments in each stage of training; every stage starts from the weights of the previous one.',
  source,
});

export const curriculumEntries = [
  stages,
  listKnob({
    name: 'stage_steps',
    group: 'curriculum',
    about: 'training',
    basic: true,
    min: 1,
    max: 1_000_000,
    initial: [100],
    label: 'Steps per stage',
    help: 'Maximum optimiser steps in each stage: one number for all, or one for each stage.',
    source,
    dependsOn: [stages],
    check: (steps, _run, { stages }) =>
      steps.length > 1 && steps.length !== stages.length
        ? { found: `${steps.length} numbers`, expected: `one number, or one for each of the ${stages.length} stages` }
        : undefined,
  }),
  numberKnob({
    name: 'stage_until',
    group: 'curriculum',
    about: 'training',
    min: 0,
    max: 1,
    initial: 0,
    label: 'Until accuracy',
    help: 'Ends a stage as soon as validation accuracy reaches this; 0 never ends a stage early, as in the official code.',
    source,
  }),
  choiceKnob({
    name: 'segments_drawn',
    group: 'curriculum',
    about: 'training',
    choices: ['uniform', 'mostly', 'fixed'],
    initial: 'uniform',
    label: 'Segments per batch',
    help: 'uniform: drawn from 1 to the stage’s maximum. mostly: the maximum 70 % of the time, else as uniform. fixed: always the maximum.',
    source: officialCode,
  }),
] as const;
