// The tape's bookkeeping, checked on what it records: where gradients are, which ops overwrite and which add, and the
// backward pass.
import { beforeAll, describe, expect, it } from 'vitest';
import { testGpu } from '../testing/gpu.ts';
import type { Gpu } from './gpu/adapter.ts';
import { Program } from './gpu/program.ts';
import { Tape } from './tape.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

/** A tape, some tensors on it, and the recorded additions: source, destination, whether it accumulates, and the section. */
function begin() {
  const program = new Program(gpu, 'tape');
  const tape = new Tape(program);
  const recorded = () =>
    program.recorded.map(({ section, tensors, params }) => ({
      section,
      from: tensors[0]?.label,
      to: tensors[1]?.label,
      adds: params['ACCUMULATE'],
    }));
  return { program, tape, make: (label: string) => tape.tensor(label, [4]), recorded };
}

describe('a claim', () => {
  it('of a gradient without a buffer creates one: the first overwrites, later ones add', () => {
    const { tape, make } = begin();
    const x = make('x');
    expect(tape.gradient(x)).toBeUndefined();
    const first = tape.claim(x);
    expect(first).toMatchObject({ accumulate: false, into: { label: 'd x', shape: [4] } });
    expect(tape.gradient(x)).toBe(first.into);
    expect(tape.claim(x)).toEqual({ into: first.into, accumulate: true });
    expect(tape.claim(x)).toEqual({ into: first.into, accumulate: true });
  });

  it('of a bound buffer without a gradient overwrites it, and only then the tensor has a gradient', () => {
    const { tape, make } = begin();
    const [x, d_x] = [make('x'), make('bound')];
    tape.bindGradient(x, d_x, false);
    expect(tape.gradient(x)).toBeUndefined();
    expect(tape.claim(x)).toEqual({ into: d_x, accumulate: false });
    expect(tape.gradient(x)).toBe(d_x);
    expect(tape.claim(x)).toEqual({ into: d_x, accumulate: true });
  });

  it('of a bound buffer that holds a gradient adds from the start', () => {
    const { tape, make } = begin();
    const [x, d_x] = [make('x'), make('bound')];
    tape.bindGradient(x, d_x, true);
    expect(tape.gradient(x)).toBe(d_x);
    expect(tape.claim(x)).toEqual({ into: d_x, accumulate: true });
  });

  it('affects only its tensor', () => {
    const { tape, make } = begin();
    const [x, y] = [make('x'), make('y')];
    tape.claim(x);
    expect(tape.gradient(y)).toBeUndefined();
    expect(tape.claim(y).accumulate).toBe(false);
  });
});

describe('a gradient passed on', () => {
  it('becomes the gradient itself, without a copy, if there is none, and later ones add to it', () => {
    const { tape, make, recorded } = begin();
    const [x, d_out] = [make('x'), make('d out')];
    tape.passOn(x, d_out);
    expect(tape.gradient(x)).toBe(d_out);
    expect(tape.claim(x)).toEqual({ into: d_out, accumulate: true });
    expect(recorded()).toEqual([]);
  });

  it('is added to a gradient claimed before', () => {
    const { tape, make, recorded } = begin();
    const x = make('x');
    tape.claim(x);
    tape.passOn(x, make('d out'));
    expect(recorded()).toEqual([{ section: 'main', from: 'd out', to: 'd x', adds: true }]);
  });

  it('overwrites a bound buffer without a gradient, once', () => {
    const { tape, make, recorded } = begin();
    const [x, d_x] = [make('x'), make('bound')];
    tape.bindGradient(x, d_x, false);
    tape.passOn(x, make('one'));
    expect(tape.gradient(x)).toBe(d_x);
    tape.passOn(x, make('two'));
    expect(tape.claim(x)).toEqual({ into: d_x, accumulate: true });
    expect(recorded()).toEqual([
      { section: 'main', from: 'one', to: 'bound', adds: false },
      { section: 'main', from: 'two', to: 'bound', adds: true },
    ]);
  });
});

describe('the backward pass', () => {
  it('visits the ops in reverse, each in its section’s backward section, and only once', () => {
    const { program, tape, make, recorded } = begin();
    const op = (label: string) => {
      const x = make(label);
      tape.onBackward(() => tape.passOn(x, make(`d after ${label}`)));
      tape.bindGradient(x, make(`d ${label}`), true);
    };
    program.section('encode');
    op('a');
    op('b');
    program.section('head');
    op('c');
    expect(recorded()).toEqual([]);
    tape.backward();
    const back = [
      { section: 'head backward', from: 'd after c', to: 'd c', adds: true },
      { section: 'encode backward', from: 'd after b', to: 'd b', adds: true },
      { section: 'encode backward', from: 'd after a', to: 'd a', adds: true },
    ];
    expect(recorded()).toEqual(back);
    tape.backward();
    expect(recorded()).toEqual(back);
  });
});
