// A teaching diagram: segments read one after the other, and the memory tokens that carry over from each to the next.
import { integer } from '../format.ts';
import css from './Diagram.module.css';
import { Arrow, Diagram, Label } from './Diagram.tsx';
import type { ModelNumbers } from './numbers.ts';

const height = 276;
/** The memory runs above the outputs of a segment and below the inputs of the next one, so that it crosses neither. */
const rows = { title: 14, over: 36, output: 50, box: 88, boxHeight: 62, input: 170, under: 204, names: 226 } as const;

type Part = 'cls' | 'memory' | 'word' | 'output';

/** The positions of a segment as they are drawn: at most four memory tokens and five words stand for all. */
export function positionsOf({ kind, tokens, words }: Pick<ModelNumbers, 'kind' | 'tokens' | 'words'>): Part[] {
  const memory = Array.from({ length: Math.min(4, tokens) }, (): Part => 'memory');
  const text = Array.from({ length: Math.min(5, words) }, (): Part => 'word');
  return kind === 'encoder' ? ['cls', ...memory, ...text] : [...memory, ...text, ...memory];
}

/** What the diagram shows, in words. */
export function recurrenceInWords(numbers: ModelNumbers): string {
  const { kind, tokens, words, layers, width, segments } = numbers;
  const where =
    kind === 'encoder'
      ? `The input is [CLS], ${integer(tokens)} memory tokens and up to ${integer(words)} words.`
      : `The input is ${integer(tokens)} memory tokens to read, up to ${integer(words)} words, and ${integer(tokens)} memory tokens to write.`;
  const answer =
    kind === 'encoder'
      ? 'After the last segment the output at [CLS] gives the answer.'
      : 'Every output at a word predicts the next word.';
  return `A document of ${integer(segments)} segments, read one after the other by the same transformer of ${integer(layers)} layers. ${where} The outputs at the memory tokens, ${integer(tokens)} vectors of ${integer(width)} numbers, are the memory that the next segment receives; nothing else passes on. The first segment receives memory vectors that were learned. ${answer}`;
}

export function Recurrence({ numbers }: { readonly numbers: ModelNumbers }) {
  const { kind, tokens, words, layers, width, segments } = numbers;
  const data = () => ({
    subject: `${kind} ${tokens} memory tokens`,
    columns: [{ name: 'from' }, { name: 'to' }, { name: 'what' }, { name: 'numbers' }],
    rows: [
      ['memory after segment s', 'memory before segment s + 1', 'memory tokens', tokens * width],
      ['words of segment s', 'layers', 'words', words],
    ],
    about: { ...numbers },
  });
  return (
    <Diagram
      title="A segment and its memory"
      inWords={recurrenceInWords(numbers)}
      height={height}
      data={data}
      draw={(available) => {
        const columns = Math.min(segments, available < 560 ? 2 : 3);
        const gap = available < 560 ? 34 : 64;
        const size = (available - 8 - (columns - 1) * gap) / columns;
        const left = (column: number) => 4 + column * (size + gap);
        return Array.from({ length: columns }, (_, column) => (
          <Segment
            key={column}
            x={left(column)}
            size={size}
            gap={gap}
            // The last column stands for the last segment.
            name={nameOf(column, columns, segments)}
            isFirst={column === 0}
            isLast={column === columns - 1}
            numbers={{ kind, tokens, words, layers }}
          />
        ));
      }}
    />
  );
}

const nameOf = (column: number, columns: number, segments: number) => {
  const number = column === columns - 1 ? segments : column + 1;
  const isApart = column === columns - 1 && segments > columns;
  return `${isApart ? '… ' : ''}Segment ${integer(number)}`;
};

interface SegmentProps {
  readonly x: number;
  readonly size: number;
  readonly gap: number;
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly numbers: Pick<ModelNumbers, 'kind' | 'tokens' | 'words' | 'layers'>;
}

function Segment({ x, size, gap, name, isFirst, isLast, numbers }: SegmentProps) {
  const { kind, tokens, words, layers } = numbers;
  const parts = positionsOf(numbers);
  const step = Math.min(26, size / parts.length);
  const cell = step - 3;
  const start = x + (size - step * parts.length) / 2;
  const at = (position: number) => start + position * step + step / 2;
  const memory = parts.flatMap((part, i) => (part === 'memory' ? [i] : []));
  const shown = Math.min(4, tokens);
  // A decoder reads the memory before its text and writes it after.
  const read = memory.slice(0, shown);
  const written = kind === 'encoder' ? read : memory.slice(shown);
  const middleOf = (positions: readonly number[]) =>
    positions.length === 0 ? x : positions.reduce((sum, each) => sum + at(each), 0) / positions.length;
  const wordsAt = parts.flatMap((part, i) => (part === 'word' ? [i] : []));
  const leave = middleOf(written);
  const enter = middleOf(read) + size + gap;
  const side = x + size + gap / 2;
  return (
    <g>
      <Label x={x + size / 2} y={rows.title} tone="strong">
        {name}
      </Label>
      {parts.map((part, i) => (
        <g key={i}>
          <rect
            x={at(i) - cell / 2}
            y={rows.output}
            width={cell}
            height={18}
            rx={3}
            className={css.cell}
            data-part={written.includes(i) ? 'memory' : part === 'cls' && isLast ? 'cls' : 'output'}
          />
          <rect
            x={at(i) - cell / 2}
            y={rows.input}
            width={cell}
            height={18}
            rx={3}
            className={css.cell}
            data-part={part}
          />
        </g>
      ))}
      <rect x={x} y={rows.box} width={size} height={rows.boxHeight} rx={8} className={css.box} />
      <Label x={x + size / 2} y={rows.box + 28} tone="strong">
        Transformer
      </Label>
      <Label x={x + size / 2} y={rows.box + 47} tone="soft">
        {isFirst ? '' : 'the same '}
        {integer(layers)} {layers === 1 ? 'layer' : 'layers'}
      </Label>
      {[middleOf(read), middleOf(wordsAt)].map((middle, i) => (
        <Arrow
          key={i}
          kind={i === 0 ? 'forward' : 'plain'}
          path={`M${middle},${rows.input - 3} V${rows.box + rows.boxHeight + 8}`}
          at={[middle, rows.box + rows.boxHeight + 2]}
          angle={-90}
        />
      ))}
      <Arrow
        kind="forward"
        path={`M${middleOf(written)},${rows.box} V${rows.output + 27}`}
        at={[middleOf(written), rows.output + 20]}
        angle={-90}
      />
      <Label x={Math.max(x, middleOf(read))} y={rows.names} tone="memory">
        m = {integer(tokens)}
      </Label>
      <Label x={middleOf(wordsAt)} y={rows.names} tone="soft">
        {integer(words)} words
      </Label>
      {isFirst && (
        <Label x={x} y={rows.names + 22} anchor="start" tone="soft">
          initial memory: learned
        </Label>
      )}
      {isLast ? (
        <Label x={x + size} y={rows.names + 22} anchor="end" tone="soft">
          {kind === 'encoder' ? '[CLS] gives the answer ↑' : 'outputs at words predict ↑'}
        </Label>
      ) : (
        <Arrow
          kind="forward"
          path={`M${leave},${rows.output} V${rows.over + 8} Q${leave},${rows.over} ${leave + 8},${rows.over} H${side - 8} Q${side},${rows.over} ${side},${rows.over + 8} V${rows.under - 8} Q${side},${rows.under} ${side + 8},${rows.under} H${enter - 8} Q${enter},${rows.under} ${enter},${rows.under - 8} V${rows.input + 27}`}
          at={[enter, rows.input + 20]}
          angle={-90}
        />
      )}
    </g>
  );
}
