import { describe, expect, it } from 'vitest';
import { StreamLog } from '../../store/slices/stream-log.ts';
import { personForms } from '../../tasks/person-facts.ts';
import { placeModel, streamSegment } from '../../testing/events.ts';
import { shownWords } from '../stream/words.ts';
import { certaintyOf, css, hueOf, rgbOf } from './colour.ts';
import { columnsOf, runsOf } from './columns.ts';
import { segmentInWords, storyOf } from './describe.ts';
import { editableAt, edited, gapAtWord, moved } from './edit.ts';
import { Film } from './film.ts';
import { gapAt, geometryOf, halfWidth, laneOf, pointAt, segmentAt, threadAt, xOf } from './geometry.ts';
import { largestLinks } from './links.ts';
import { advanced, atEnd, atStart, isFinished, openingMilliseconds, type Playback } from './playback.ts';
import { eased, openingView, sameView, spansOf, viewAround } from './view.ts';
import { placedWords } from './words.ts';

const grey = [128, 128, 128] as const;
const sure = (answer: number) => Float32Array.from({ length: 6 }, (_, i) => (i === answer ? 1 : 0));

/** Eight segments: bedroom at first, kitchen from the third; the memory turns there. */
function filmed(total = 8): Film {
  const log = new StreamLog(placeModel, total, 'kitchen');
  for (let i = 0; i < total; i++)
    log.add(
      streamSegment(i, {
        probabilities: sure(i < 2 ? 4 : 5),
        memory: i < 2 ? Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0) : Float32Array.of(0, 1, 0, 0, 1, 0, 0, 0),
        ...(i === 2 ? { marks: [{ kind: 'fact', start: 0, end: 2 }] } : {}),
      }),
    );
  const film = new Film(log);
  film.extend();
  return film;
}

describe('the opening', () => {
  const played = (total: number, milliseconds: number, seen = total): Playback => {
    let playback = atStart;
    for (let t = 0; t < milliseconds; t += 16) playback = advanced(playback, 16, seen, total);
    return playback;
  };

  it.each([1, 4, 8, 9, 64, 4096])('takes five seconds for %i segments', (total) => {
    expect(openingMilliseconds).toBeLessThanOrEqual(5000);
    expect(isFinished(played(total, openingMilliseconds - 250))).toBe(false);
    expect(isFinished(played(total, openingMilliseconds + 250))).toBe(true);
  });

  it('shows eight segments slowly first', () => {
    const { head } = played(4096, 2900);
    expect(head).toBeGreaterThan(7);
    expect(head).toBeLessThan(9);
  });

  it('never runs ahead of the reading, nor backwards', () => {
    expect(played(64, 9000, 5)).toEqual({ head: 5, ending: 0 });
    expect(advanced({ head: 3, ending: 0 }, 16, 3, 64).head).toBe(3);
    expect(atEnd(5, 64)).toEqual({ head: 5, ending: 0 });
    expect(atEnd(64, 64)).toEqual({ head: 64, ending: 1 });
  });
});

describe('the view', () => {
  it('shows eight segments, then all that has been read', () => {
    expect(openingView(2, 64)).toEqual({ from: 0, to: 8 });
    expect(openingView(40, 64).to).toBeCloseTo(42, 0);
    expect(openingView(4096, 4096)).toEqual({ from: 0, to: 4096 });
    expect(openingView(1, 3)).toEqual({ from: 0, to: 3 });
  });
  it('keeps the current segment in the middle, within the document', () => {
    expect(viewAround(30, 8, 64)).toEqual({ from: 26.5, to: 34.5 });
    expect(viewAround(0, 8, 64)).toEqual({ from: 0, to: 8 });
    expect(viewAround(63, 8, 64)).toEqual({ from: 56, to: 64 });
  });
  it('moves to another without overshooting, and arrives', () => {
    const target = { from: 10, to: 20 };
    let view = { from: 0, to: 64 };
    for (let i = 0; i < 100; i++) {
      view = eased(view, target, 16);
      expect(view.from).toBeLessThanOrEqual(10);
    }
    expect(sameView(view, target)).toBe(true);
    expect(spansOf(4096)).toEqual([8, 64, 512, 4096]);
    expect(spansOf(8)).toEqual([8]);
  });
});

describe('colours', () => {
  it('are grey at chance and the answer’s hue at certainty', () => {
    expect(certaintyOf(1 / 6, 6)).toBe(0);
    expect(certaintyOf(1, 6)).toBe(1);
    const film = filmed();
    expect(film.toneAfter(0, grey)).toEqual(hueOf(4));
    expect(film.toneAfter(7, grey)).toEqual(hueOf(5));
    expect(film.toneAfter(8, grey)).toEqual(grey);
  });
  it('read the colours of the style sheets', () => {
    expect(rgbOf('#fff')).toEqual([255, 255, 255]);
    expect(rgbOf('#1c2327')).toEqual([28, 35, 39]);
    expect(css([0, 255, 1])).toBe('rgb(0,255,0)');
  });
  it('are distinct for the first seven answers, and darker beyond', () => {
    expect(new Set(Array.from({ length: 7 }, (_, i) => css(hueOf(i)))).size).toBe(7);
    expect(hueOf(7)[2]).toBeLessThan(hueOf(0)[2]);
  });
});

describe('the film', () => {
  it('has a thread for each memory token, and its change', () => {
    const film = filmed();
    expect(film.threads).toBe(2);
    expect([...film.changes.subarray(4, 6)]).toEqual([1, 0]);
    expect([...film.changes.subarray(6, 8)]).toEqual([0, 0]);
  });
  it('has one thread for another memory, and none without', () => {
    const bare = { ...placeModel, memTokens: 0, looks: {} };
    expect(new Film(new StreamLog({ ...bare, cacheSize: 4 }, 2, 'kitchen')).threads).toBe(1);
    expect(new Film(new StreamLog(bare, 2, 'kitchen')).threads).toBe(0);
  });
  it('lets memory tokens share threads where there are many', () => {
    const film = new Film(new StreamLog({ ...placeModel, memTokens: 40 }, 2, 'kitchen'));
    expect(film.threads).toBe(16);
    expect([film.threadOf(0), film.threadOf(39)]).toEqual([0, 15]);
  });
  it('names threads after whom their memory tokens hold', () => {
    const log = new StreamLog({ ...placeModel, memTokens: 32 }, 2, 'kitchen');
    const film = new Film(log, undefined, undefined, [['mary'], ['john', 'mary'], [], ['fred']]);
    expect([film.isNamed, film.nameOf(0), film.nameOf(1), film.nameOf(2)]).toEqual([true, 'mary, john', 'fred', '']);
    expect(new Film(log, undefined, undefined, [[], []]).isNamed).toBe(false);
    const of = (named: boolean) => geometryOf(1000, { from: 0, to: 8 }, 'full', named).left;
    expect(of(true)).toBeGreaterThan(of(false) + 40);
  });
  it('says what it shows', () => {
    const film = filmed();
    expect(storyOf(film)).toBe(
      'The most probable answer, after segments 1 to 2: bedroom; after segments 3 to 8: kitchen.',
    );
    expect(segmentInWords(film, 2)).toMatch(/^segment 3 of 8, fact, .*if asked now: kitchen 100/);
  });
});

describe('geometry', () => {
  const geometry = geometryOf(1000, { from: 0, to: 8 }, 'full');
  it('is inverted by its own functions', () => {
    expect(pointAt(geometry, xOf(geometry, 3.5))).toBeCloseTo(3.5, 9);
    expect(segmentAt(geometry, xOf(geometry, 3.5), 8)).toBe(3);
    expect(segmentAt(geometry, 5000, 6)).toBe(5);
    expect(threadAt(geometry, laneOf(geometry, 1, 4), 4)).toBe(1);
    expect(threadAt(geometry, 0, 4)).toBeUndefined();
  });
  it('finds the gap after a segment, not the ends of the document', () => {
    expect(gapAt(geometry, xOf(geometry, 3) + 2, 8)).toBe(2);
    expect(gapAt(geometry, xOf(geometry, 3.5), 8)).toBeUndefined();
    expect(gapAt(geometry, xOf(geometry, 0), 8)).toBeUndefined();
    expect(gapAt(geometry, xOf(geometry, 8), 8)).toBeUndefined();
    expect(gapAt(geometryOf(1000, { from: 0, to: 4096 }, 'full'), 300, 4096)).toBeUndefined();
  });
  it('shows words as text, dashes, ticks, or nothing', () => {
    const detail = (to: number) => geometryOf(1000, { from: 0, to }, 'full').detail;
    expect([8, 64, 256, 4096].map(detail)).toEqual(['text', 'dashes', 'tick', 'none']);
  });
  it('is wider where the memory changed more, within its lane', () => {
    const widths = [0, 0.1, 1, 2].map((change) => halfWidth(geometry, 4, change));
    expect(widths[1]).toBeGreaterThan(widths[0] ?? 0);
    expect(widths[2]).toBe(widths[3]);
    expect(widths[2]).toBeLessThan(11);
  });
});

describe('columns', () => {
  it('keep the largest change and the last colour where one covers many segments', () => {
    const film = filmed(2000);
    const geometry = geometryOf(300, { from: 0, to: 2000 }, 'full');
    const { x, colours, half } = columnsOf(film, geometry, 2000, grey);
    expect(x.at(-1)).toBeLessThanOrEqual(geometry.right);
    expect(colours[0]).toBe(css(hueOf(5)));
    expect(half[0]).toBeCloseTo(halfWidth(geometry, 2, 1), 5);
    expect(half[1]).toBeCloseTo(halfWidth(geometry, 2, 0), 5);
  });
  it('end at the head', () => {
    const geometry = geometryOf(1000, { from: 0, to: 8 }, 'full');
    expect(columnsOf(filmed(), geometry, 4, grey).x.at(-1)).toBeCloseTo(xOf(geometry, 4), 4);
    expect(columnsOf(filmed(), geometry, 0, grey).x.length).toBeLessThanOrEqual(1);
  });
  it('are drawn in runs of one colour', () => {
    expect([...runsOf(['a', 'a', 'b', 'a'])]).toEqual([
      [0, 2],
      [2, 3],
      [3, 4],
    ]);
    expect([...runsOf([])]).toEqual([]);
  });
});

it('links are the largest weights, without those far below', () => {
  const grid = { rows: 2, columns: 2, values: Float32Array.of(0.5, 0.25, 0.125, 0.0625) };
  expect(largestLinks(grid, 3)).toEqual([
    { word: 0, token: 0, weight: 0.5 },
    { word: 1, token: 0, weight: 0.25 },
    { word: 0, token: 1, weight: 0.125 },
  ]);
  expect(largestLinks(grid, 9)).toHaveLength(3);
  expect(largestLinks({ rows: 1, columns: 2, values: new Float32Array(2) }, 3)).toEqual([]);
});

describe('words', () => {
  const box = { left: 10, width: 60, top: 0, bottom: 32 };
  const place = (words: readonly string[]) => placedWords(shownWords(words), box, (text) => 6 * text.length);
  it('are broken into lines that stand on the threads', () => {
    expect(place(['mary', 'went', 'home', '.']).map(({ text, x, y }) => [text, x, y])).toEqual([
      ['mary', 10, 8],
      ['went', 40, 8],
      ['home', 10, 24],
      ['.', 34, 24],
    ]);
  });
  it('keep the pieces of a word on one line', () => {
    const pieces = shownWords(['mary', 'jour', '##ney', '##ed', '.'], 'wordpiece');
    const placed = placedWords(pieces, { ...box, width: 70 }, (text) => 6 * text.length);
    expect(placed.map(({ text, x, y }) => [text, x, y])).toEqual([
      ['mary', 10, 8],
      ['jour', 10, 24],
      ['ney', 34, 24],
      ['ed', 52, 24],
      ['.', 64, 24],
    ]);
  });
  it('end with an ellipsis where they do not fit', () => {
    const texts = place(['mary', 'went', 'home', 'again', 'today']).map(({ text }) => text);
    expect(texts).toEqual(['mary', 'went', 'home', '…']);
    expect(place(['incomprehensibilities'])[0]?.text).toMatch(/^incom.*…$/);
  });
});

describe('editing', () => {
  const fact = 'mary went back to the kitchen.';
  const question = 'where is mary?';
  const log = new StreamLog(placeModel, 4, 'kitchen');
  log.add(
    streamSegment(0, {
      words: [...fact.replace('.', ' .').split(' '), 'where', 'is', 'mary', '?'],
      marks: [
        { kind: 'fact', start: 0, end: 7 },
        { kind: 'question', start: 7, end: 11 },
      ],
    }),
  );
  const document = { facts: [{ text: fact, segment: 0 }], question };

  it('finds the words of a fact that is in pieces', () => {
    const words = ['mar', '##y', 'went', 'back', 'to', 'the', 'kit', '##chen', '.'];
    const inPieces = new StreamLog({ ...placeModel, pieces: 'wordpiece' }, 1, 'kitchen');
    inPieces.add(streamSegment(0, { words, marks: [{ kind: 'fact', start: 0, end: 9 }] }));
    const chosen = words.map((_, word) => editableAt(inPieces, personForms, 0, word)?.chosen);
    expect(chosen).toEqual([
      'mary',
      'mary',
      'went back',
      'went back',
      undefined,
      undefined,
      'kitchen',
      'kitchen',
      undefined,
    ]);
  });
  const at = (word: number) => editableAt(log, personForms, 0, word) ?? expect.fail('nothing to edit');

  const [form = []] = personForms.facts;
  it('finds the gap of a word, also where several words fill one', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((word) => gapAtWord(form, fact, word))).toEqual([
      0,
      1,
      1,
      undefined,
      undefined,
      2,
      undefined,
    ]);
  });
  it('replaces a word of a fact or the question', () => {
    expect(at(5)).toMatchObject({ kind: 'fact', chosen: 'kitchen' });
    expect(edited(document, at(5), 'garden', personForms).facts[0]?.text).toBe('mary went back to the garden.');
    expect(edited(document, at(9), 'john', personForms)).toEqual({ ...document, question: 'where is john?' });
    expect(editableAt(log, personForms, 0, 3)).toBeUndefined();
  });
  it('lets the question follow the only fact it is about', () => {
    expect(edited(document, at(0), 'john', personForms).question).toBe('where is john?');
    const two = { ...document, facts: [...document.facts, { text: 'mary moved to the office.', segment: 1 }] };
    expect(edited(two, at(0), 'john', personForms).question).toBe(question);
  });
  it('moves the facts of a segment', () => {
    expect(moved(document, 0, 3).facts).toEqual([{ text: fact, segment: 3 }]);
    expect(moved(document, 1, 3)).toEqual(document);
  });
});
