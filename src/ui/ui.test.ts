import { describe, expect, it } from 'vitest';
import { catalogue } from '../models/catalogue.ts';
import { tasks } from '../tasks/index.ts';
import { drawnAt, generalisation, mostEvaluated } from './charts/generalisation.ts';
import { meanOver, smoothed } from './charts/positions.ts';
import { algorithms, families, hyperpartisan, languages } from './charts/reported.ts';
import { bytes, count, duration, percent, small } from './format.ts';
import { cellAt, labelStride, largest, layoutOf, moved } from './heatmap/geometry.ts';
import { viridis } from './heatmap/viridis.ts';
import { around } from './stream/around.ts';
import { nearestStep, segmentSteps } from './stream/segment-steps.ts';
import { sentence, visible } from './stream/words.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('numbers', () => {
  it.each([
    [count(0), '0'],
    [count(999), '999'],
    [count(12_345), '12.3 k'],
    [count(999_900), '1 M'],
    [count(2_043_904), '2.04 M'],
    [count(8.9e13), '89 T'],
    [count(2.1e21), '2.1 Z'],
    [bytes(512), '512 B'],
    [bytes(3_643_900_000), '3.64 GB'],
    [small(0.000123), '1.23e-4'],
    [small(0.25), '0.25'],
    [percent(0.934), '93 %'],
    [percent(0.9998), '>99.9 %'],
    [percent(0.995), '99.5 %'],
    [percent(0.0001), '<0.1 %'],
    [percent(0), '0 %'],
    [percent(1), '100 %'],
    [percent(0.004), '0.4 %'],
    [percent(Number.NaN), '–'],
    [duration(3.1234), '3.12 ms'],
    [duration(45_400), '45 s'],
    [duration(59_900), '1 min'],
    [duration(4 * 60_000), '4 min'],
    [duration(80 * 60_000), '1 h 20 min'],
    [duration(Number.POSITIVE_INFINITY), '–'],
  ])('%s', (text, wanted) => {
    expect(plain(text)).toBe(wanted);
  });
});

describe('heatmap', () => {
  const layout = layoutOf(4, 31, 800, { left: 50, top: 40, right: 20 });

  it('fits if it can, and never gets too small to read', () => {
    expect(layout.width).toBeLessThanOrEqual(800);
    expect(layoutOf(4, 31, 300, { left: 50, top: 40, right: 20 }).cellWidth).toBe(13);
    const square = layoutOf(256, 256, 500, { left: 40, top: 20, right: 8 }, true);
    expect(square.cellWidth).toBe(square.cellHeight);
  });

  it('finds the cell under a point, and none outside', () => {
    for (const cell of [
      { row: 0, column: 0 },
      { row: 3, column: 30 },
      { row: 2, column: 17 },
    ]) {
      const x = layout.left + (cell.column + 0.5) * layout.cellWidth;
      const y = layout.top + (cell.row + 0.5) * layout.cellHeight;
      expect(cellAt(layout, x, y)).toEqual(cell);
    }
    expect(cellAt(layout, layout.left - 1, layout.top + 1)).toBeUndefined();
    expect(cellAt(layout, layout.left + 31 * layout.cellWidth + 0.1, layout.top + 1)).toBeUndefined();
  });

  it('moves the cursor by keys and stays inside', () => {
    expect(moved(layout, { row: 0, column: 0 }, 'ArrowUp')).toEqual({ row: 0, column: 0 });
    expect(moved(layout, { row: 0, column: 0 }, 'End')).toEqual({ row: 0, column: 30 });
    expect(moved(layout, { row: 3, column: 30 }, 'ArrowRight')).toEqual({ row: 3, column: 30 });
    expect(moved(layout, { row: 1, column: 1 }, 'x')).toBeUndefined();
  });

  it('draws as many labels as fit', () => {
    expect(labelStride(20, 12)).toBe(1);
    expect(labelStride(7, 12)).toBe(2);
    expect(labelStride(0.3, 46)).toBe(200);
  });

  it('finds the largest weights', () => {
    expect(largest(Float32Array.of(1, 5, 3, 4), 2, 2)).toEqual([
      { cell: { row: 0, column: 1 }, value: 5 },
      { cell: { row: 1, column: 1 }, value: 4 },
    ]);
  });

  it('increases in lightness along all its colours', () => {
    let before = -1;
    for (let i = 0; i <= 100; i++) {
      const [r, g, b] = viridis(i / 100);
      const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      expect(light).toBeGreaterThan(before);
      before = light;
    }
    expect(viridis(Number.NaN)).toEqual(viridis(0));
    expect(viridis(2)).toEqual(viridis(1));
  });
});

describe('film', () => {
  it('shows the segments around the current one', () => {
    expect(around(0, 5, 64)).toEqual([0, 1, 2, 3, 4]);
    expect(around(30, 5, 64)).toEqual([28, 29, 30, 31, 32]);
    expect(around(63, 5, 64)).toEqual([59, 60, 61, 62, 63]);
    expect(around(0, 5, 2)).toEqual([0, 1]);
    expect(around(3, 0, 8)).toEqual([3]);
  });

  it('has stops from 1 to 4096', () => {
    expect(segmentSteps[0]).toBe(1);
    expect(segmentSteps.at(-1)).toBe(4096);
    expect(segmentSteps.every((step, i) => Number.isInteger(step) && step > (segmentSteps[i - 1] ?? 0))).toBe(true);
    for (const segments of [1, 2, 64, 96, 4096]) expect(segmentSteps[nearestStep(segments)]).toBe(segments);
    expect(segmentSteps[nearestStep(100)]).toBe(96);
  });
});

describe('words as text', () => {
  it('are joined as in running text', () => {
    expect(sentence(['mary', 'went', '.', 'where', '?'])).toBe('mary went. where?');
    expect(sentence(['x', '^', '2', '=', '0', '[PAD]', '[PAD]'])).toBe('x^2=0');
    expect(sentence([])).toBe('');
    expect(sentence(['mary', 'journey', '##ed', 'home', '.', '[PAD]'], 'wordpiece')).toBe('mary journeyed home.');
    expect(sentence(['ĠMary', 'Ġjour', 'neyed', '.', 'Ċ'], 'bytes')).toBe('Mary journeyed.⏎');
  });

  it('are visible, including spaces', () => {
    expect([' ', '\n', '[PAD]', 'a'].map(visible)).toEqual(['␣', '⏎', '·', 'a']);
  });
});

describe('losses by position', () => {
  const values = Float32Array.of(Number.NaN, 1, 2, 3, 4, 5);

  it('are averaged over measured positions only', () => {
    expect(meanOver(values, 0, 3)).toBe(1.5);
    expect(meanOver(values, 0, 1)).toBeNaN();
    expect(meanOver(values, 4, 99)).toBe(4.5);
  });

  it('are drawn one by one, or smoothed', () => {
    expect(smoothed(values, 1, 100)).toEqual([1, 2, 3, 4, 5].map((loss, i) => ({ at: i + 2, loss })));
    expect(smoothed(values, 3, 100)[2]).toEqual({ at: 3, loss: 2 });
    const long = Float32Array.from({ length: 65_536 }, (_, i) => i);
    const points = smoothed(long, 1, 600);
    expect(points.length).toBeLessThanOrEqual(600);
    expect(points.slice(0, -1).every(({ at, loss }) => Math.abs(at - 1 - loss) <= 1)).toBe(true);
  });
});

describe('the curves of RMT-1M by trained length', () => {
  it('have fifteen cells each, from chance to 100 %', () => {
    expect(new Set(generalisation.map(({ task }) => task))).toEqual(new Set(['memorize', 'detect', 'reasoning']));
    for (const { task, trained, percent: cells } of generalisation) {
      expect(cells.length, `${task} ${trained}`).toBe(mostEvaluated);
      for (const cell of cells) {
        const at = drawnAt(cell);
        if (at !== undefined) expect(at >= 0.15 && at <= 1, `${task} ${trained}: ${cell}`).toBe(true);
      }
    }
  });

  it('are drawn where the plot is readable', () => {
    expect(drawnAt(97.6)).toBeCloseTo(0.976, 12);
    expect(drawnAt('15–20')).toBeCloseTo(0.175, 12);
    expect(drawnAt('≥ 99.9')).toBeCloseTo(0.999, 12);
    expect(drawnAt(undefined)).toBeUndefined();
  });
});

describe('the results of RMT', () => {
  it('belong to existing tasks and models', () => {
    expect(new Set(algorithms.map(({ task }) => task))).toEqual(new Set(['copy', 'reverse', 'retrieval', 'quadratic']));
    for (const { task, accuracy, segments } of algorithms) {
      expect(tasks[task].kind).toBe('generation');
      expect(segments).toBeGreaterThan(0);
      for (const value of Object.values(accuracy)) expect(value > 0 && value <= 1).toBe(true);
    }
    for (const { models } of Object.values(families))
      for (const id of models) expect(catalogue[id].answers).toBe('tokens');
    expect(languages.length).toBe(10);
    expect(hyperpartisan.every(({ f1 }) => f1.length === 4)).toBe(true);
  });

  it('have a row per number of segments, and omit unreported values', () => {
    const copy = algorithms.filter(({ name }) => name === 'Copy 24');
    expect(copy.map(({ segments }) => segments)).toEqual([1, 3, 6, 9]);
    expect(copy[0]?.accuracy).toEqual({ none: 1 });
    expect(copy[3]?.accuracy).toEqual({ rmt: 1, xl: 0.278, none: 0.102 });
  });
});
