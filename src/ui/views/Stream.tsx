// The view that opens first: a document passes segment by segment, and the memory can be watched at work.
import { useEffect, useMemo, useState } from 'react';
import { attentionGrid, firstWord } from '../../store/attention.ts';
import { getPlayground, usePlayground } from '../../store/client.ts';
import { streamKey } from '../../store/stream.ts';
import type { StreamLog } from '../../store/stream-log.ts';
import { findTask } from '../../tasks/index.ts';
import { bytes, count, duration, percent, whole } from '../format.ts';
import { NoGpu } from '../NoGpu.tsx';
import { Answer } from '../stream/Answer.tsx';
import { AttentionMap } from '../stream/AttentionMap.tsx';
import { FilmStrip } from '../stream/FilmStrip.tsx';
import { firstLook } from '../stream/look.ts';
import { SegmentText } from '../stream/SegmentText.tsx';
import { SimilarityMap } from '../stream/SimilarityMap.tsx';
import { StreamControls } from '../stream/StreamControls.tsx';
import { Timeline } from '../stream/Timeline.tsx';
import { useCalm } from '../use-calm.ts';

/** Start a stream whenever the settings name another one than the last; a slider in motion is waited for. */
function useStreamAsAsked(): void {
  const key = usePlayground(streamKey);
  const started = usePlayground(({ stream }) => stream.key);
  const ready = usePlayground(({ device, models }) => device.status === 'ready' && models.status !== 'loading');
  useEffect(() => {
    if (!ready || key === undefined || key === started) return;
    const timer = setTimeout(() => void getPlayground().stream.start(), started === undefined ? 0 : 300);
    return () => clearTimeout(timer);
  }, [ready, key, started]);
}

export function Stream() {
  useStreamAsAsked();
  const device = usePlayground((state) => state.device.status);
  const { log, seen, error, status } = usePlayground(({ stream }) => stream);
  const models = usePlayground((state) => state.models);
  const settings = usePlayground(({ experiment }) => experiment.stream);
  const bundled = models.bundled.find(({ file }) => file === (settings.model ?? models.bundled[0]?.file));
  return (
    <>
      <div className="lead">
        <h1>Watch a memory at work</h1>
        <p>
          {bundled?.description ??
            'A transformer reads a long document one segment at a time. All it takes along is a handful of memory vectors; at the end it is asked for a fact it read long ago.'}
        </p>
      </div>
      {device === 'missing' && <NoGpu />}
      <StreamControls />
      {error && (
        <p className="alert" role="alert">
          {error}
        </p>
      )}
      {models.status === 'missing' && settings.model === undefined && (
        <p className="alert" role="alert">
          No bundled checkpoint could be loaded ({models.problem}). Open a .safetensors file above, or train a model of
          your own on the Train view.
        </p>
      )}
      {log ? (
        <Reading log={log} seen={seen} />
      ) : (
        device !== 'missing' && (
          <p className="panel placeholder" role="status">
            {status === 'starting' || device === 'connecting' || models.status === 'loading'
              ? 'Getting the GPU and the model ready …'
              : 'Choose a model to stream.'}
          </p>
        )
      )}
    </>
  );
}

function Reading({ log, seen }: { readonly log: StreamLog; readonly seen: number }) {
  const { current, following, status } = usePlayground(({ stream }) => stream);
  const { jump, follow } = getPlayground().stream;
  const [look, setLook] = useState(firstLook);
  const [shaded, setShaded] = useState(true);
  const { model } = log;
  // The map of all pairs is the costliest to draw.
  const kept = useCalm(log.similarity.kept.length, 400);
  const segment = log.segments[current];
  const attention = log.shelf.get(current);
  const shading = useMemo(() => {
    if (!shaded || !attention || model.memTokens === 0 || !segment) return undefined;
    const layer = Math.min(look.layer ?? model.layers - 1, model.layers - 1);
    const grid = attentionGrid(attention, model, 'write', layer, look.head);
    const start = firstWord(model.memTokens);
    return Float32Array.from(segment.words, (_, i) => {
      let sum = 0;
      for (let m = 0; m < model.memTokens; m++) sum += grid.values[m * grid.columns + start + i] ?? 0;
      return sum / model.memTokens;
    });
  }, [attention, look, model, segment, shaded]);
  if (!segment) return <p className="panel placeholder">Reading the first segment …</p>;
  const { activity } = segment;
  return (
    <>
      <section className="panel" aria-label="Document">
        <header className="panel-head">
          <h2>
            Segment {whole(current + 1)} of {whole(log.total)}
          </h2>
          <p className="facts">
            {whole(seen)} read · {duration(segment.milliseconds)} a segment · {bytes(log.gpuBytes)} on the GPU ·{' '}
            {count(model.parameters)} parameters
          </p>
          {!following && seen > 0 && current !== seen - 1 && (
            <button type="button" onClick={follow}>
              {status === 'playing' ? 'Follow again' : 'To the newest'}
            </button>
          )}
        </header>
        <Verdict log={log} current={current} />
        <Timeline log={log} seen={seen} current={current} onJump={jump} />
        <ul className="legend">
          <li>
            <span className="key line" /> probability of “{log.expected}”, the expected answer
          </li>
          {model.memTokens > 0 && (
            <li>
              <span className="key dashed" /> share of [CLS]’s attention that reads memory
            </li>
          )}
          <li>
            <span className="key dotted" /> chance
          </li>
        </ul>
        <FilmStrip log={log} seen={seen} current={current} onJump={jump} />
      </section>
      <div className="columns">
        <div>
          <section className="panel" aria-label="Text of the segment">
            <header className="panel-head">
              <h2>Its text</h2>
              <label className="check">
                <input type="checkbox" checked={shaded} onChange={({ target }) => setShaded(target.checked)} /> shade by
                attention from memory
              </label>
            </header>
            <SegmentText segment={segment} shading={shading} />
            {activity && (
              <dl className="figures">
                <div>
                  <dt title="Share of the memory tokens' attention on the words of the segment; last layer, mean of heads">
                    Writes
                  </dt>
                  <dd>{percent(activity.toWords)}</dd>
                </div>
                <div>
                  <dt title="Share of the memory tokens' attention on the memory itself; last layer, mean of heads">
                    Holds
                  </dt>
                  <dd>{percent(activity.toMemory)}</dd>
                </div>
                <div>
                  <dt title="Share of [CLS]'s attention on memory; last layer, mean of heads">Reads</dt>
                  <dd>{percent(activity.clsToMemory)}</dd>
                </div>
              </dl>
            )}
            {activity && (
              <p className="note">
                Where attention goes in the last layer: memory tokens to words (writes) and to memory (holds), [CLS] to
                memory (reads).
              </p>
            )}
          </section>
          <section className="panel" aria-label="Attention of memory">
            <header className="panel-head">
              <h2>Attention of memory in segment {whole(current + 1)}</h2>
            </header>
            <AttentionMap log={log} current={current} look={look} onLook={setLook} />
          </section>
        </div>
        <div>
          <section className="panel" aria-label="Answer">
            <header className="panel-head">
              <h2>If it were asked now</h2>
            </header>
            <Answer classes={model.classes} probabilities={segment.probabilities} expected={log.expected} />
            <p className="note">{model.task ? findTask(model.task).description : ''}</p>
          </section>
          <section className="panel" aria-label="Similarity of memory states">
            <header className="panel-head">
              <h2>How much the memory changes</h2>
            </header>
            <p className="note">
              Similarity of the memory after any two segments. A new fact changes it; noise should not.
            </p>
            <SimilarityMap log={log} kept={Math.min(kept, log.similarity.kept.length)} onJump={jump} />
          </section>
        </div>
      </div>
    </>
  );
}

/** The answer in words once there is one; before that, in the same place, what it would be. */
function Verdict({ log, current }: { readonly log: StreamLog; readonly current: number }) {
  const verdict = usePlayground(({ stream }) => stream.verdict);
  const right = verdict?.answer === verdict?.expected;
  const probabilities = log.segments[current]?.probabilities;
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  return (
    <div className="verdict">
      <p className={verdict ? (right ? 'right' : 'wrong') : ''} role="status" hidden={!verdict}>
        {verdict && (
          <>
            <span aria-hidden="true">{right ? '✓' : '✗'}</span> It answered <strong>{verdict.answer}</strong>:{' '}
            {right ? 'right.' : 'wrong, expected '}
            {!right && <strong>{verdict.expected}</strong>}
          </>
        )}
      </p>
      {!verdict && probabilities && (
        <p>
          If it were asked now it would answer <strong>{log.model.classes[best]}</strong> (
          {percent(probabilities[best] ?? 0)}); expected at the end: <strong>{log.expected}</strong>
        </p>
      )}
    </div>
  );
}
