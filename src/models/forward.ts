// Runs complete sequences through a model and returns every intermediate result: `rmt forward` writes them, and the golden
// tests compare them.
import type { StoredTensor } from '../io/safetensors.ts';
import type { Model } from './model.ts';
import { SegmentReader } from './reader.ts';
import { positionsOf, type SegmentedBatch } from './segments.ts';

/**
 * logits (B, classes), or for a generative model (B, T, words); memory (B, N, M, D) and the other states, state.<name>
 * (B, N, …); on request, attention.<segment>.<layer> (started rows, heads, S, keys); keys count a cache's entries
 * first.
 */
export async function forwardOutputs(
  model: Model,
  { segments, sequences: B }: SegmentedBatch,
  length: number,
  attention: boolean,
  onSegment: (n: number) => void = () => {},
): Promise<Map<string, StoredTensor>> {
  const { shape, layout, answers } = model.blueprint;
  const { memTokens: M, hiddenSize: D, heads, classes, cacheSize } = shape;
  const N = segments.length;
  const reader = await SegmentReader.create(model, {
    batch: B,
    attention: attention ? 'full' : 'none',
  });
  const outputs = new Map(
    model.blueprint
      .states(1)
      .map(({ label, shape: [, ...own] }) => [
        label,
        { own, data: new Float32Array(B * N * own.reduce((a, b) => a * b, 1)) },
      ]),
  );
  const tensors = new Map<string, StoredTensor>();
  const logits = new Float32Array(answers === 'class' ? B * classes : B * length * classes);
  const done = new Array<number>(B).fill(0);
  reader.reset();
  for (const [n, segment] of segments.entries()) {
    const view = await reader.step(segment);
    for (const [label, values] of view.states) {
      const { data } = outputs.get(label) ?? { data: new Float32Array(0) };
      const one = values.length / B;
      for (let b = 0; b < B; b++) data.set(values.subarray(b * one, (b + 1) * one), (b * N + n) * one);
    }
    const rows = layout.head.rows;
    for (let b = 0; b < B; b++) {
      if (answers === 'class') logits.set(view.logits[b] ?? [], b * classes);
      const text = segment[b];
      if (answers === 'class' || !text) continue;
      for (let t = 0; t < text.length; t++)
        logits.set(view.logits[b * rows + t] ?? [], (b * length + (done[b] as number) + t) * classes);
      done[b] = (done[b] as number) + text.length;
    }
    view.attentions.forEach(([all], l) => {
      if (!all) return;
      const started = segment.flatMap((text, b) => (text ? [b] : []));
      // Sequences of a generative model have equal lengths: the padding of a short segment is left out.
      const text = answers === 'class' ? undefined : segment[started[0] ?? 0];
      const S = text ? positionsOf(layout, text.length) : layout.S;
      const [keys, whole] = [S + cacheSize, layout.S + cacheSize];
      const data = new Float32Array(started.length * heads * S * keys);
      let at = 0;
      for (const b of started)
        for (let h = 0; h < heads; h++)
          for (let row = 0; row < S; row++, at += keys) {
            const start = ((b * heads + h) * layout.S + row) * whole;
            data.set(all.subarray(start, start + keys), at);
          }
      tensors.set(`attention.${n}.${l}`, { shape: [started.length, heads, S, keys], data });
    });
    onSegment(n + 1);
  }
  reader.release();
  const memory = outputs.get('memory');
  return new Map([
    ['logits', { shape: answers === 'class' ? [B, classes] : [B, length, classes], data: logits }],
    ['memory', { shape: [B, N, memory ? M : 0, D], data: memory?.data ?? new Float32Array(0) }],
    ...[...outputs]
      .filter(([label]) => label !== 'memory')
      .flatMap(([label, { own, data }]) => storedStates(label, [B, N, ...own], data)),
    ...tensors,
  ]);
}

/** A state under its name; an associative memory is split from its normaliser, which is one of its columns. */
export function storedStates(label: string, shape: readonly number[], data: Float32Array): [string, StoredTensor][] {
  if (label === 'memory') return [[label, { shape: [...shape], data }]];
  if (!label.startsWith('associations.')) return [[`state.${label}`, { shape: [...shape], data }]];
  const columns = shape.at(-1) ?? 0;
  const D = columns - 4;
  const rows = data.length / columns;
  const associations = new Float32Array(rows * D);
  for (let row = 0; row < rows; row++) associations.set(data.subarray(row * columns, row * columns + D), row * D);
  const normaliser = Float32Array.from({ length: rows }, (_, row) => data[row * columns + D] as number);
  return [
    [`state.${label}`, { shape: [...shape.slice(0, -1), D], data: associations }],
    [`state.${label.replace('associations', 'normaliser')}`, { shape: shape.slice(0, -1), data: normaliser }],
  ];
}
