// The view that opens first: a document passes segment by segment, and the memory can be watched at work.
import { useEffect, useMemo, useState } from 'react';
import { memoryKind, wordWeights } from '../../store/attention.ts';
import { getPlayground, usePlayground } from '../../store/client.ts';
import { streamKey } from '../../store/stream.ts';
import type { StreamLog } from '../../store/stream-log.ts';
import { findTask } from '../../tasks/index.ts';
import { Field } from '../controls/Field.tsx';
import { bytes, count, duration, percent, small, whole } from '../format.ts';
import { Term } from '../glossary/Term.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { Answer } from '../stream/Answer.tsx';
import { AttentionMap } from '../stream/AttentionMap.tsx';
import { Expected } from '../stream/Expected.tsx';
import { FilmStrip } from '../stream/FilmStrip.tsx';
import { GoOn } from '../stream/GoOn.tsx';
import { firstLook } from '../stream/look.ts';
import { Recorded } from '../stream/Recorded.tsx';
import { SegmentText, type ShadedBy } from '../stream/SegmentText.tsx';
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
          A transformer reads a long document one <Term id="segment">segment</Term> at a time. All it takes along is a
          handful of <Term id="memoryTokens">memory vectors</Term>; at the end it is asked for a fact it read long ago.{' '}
          {bundled?.description}
        </p>
      </div>
      {device === 'missing' && <NoGpu />}
      <Recorded />
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
  const { model } = log;
  const kind = memoryKind(model);
  const canAttend = model.looks.write !== undefined;
  const isGenerative = model.answers === 'tokens';
  const [wantedShade, setShade] = useState<ShadedBy | undefined>();
  const possible: readonly ShadedBy[] = [
    ...(canAttend ? ['attention' as const] : []),
    ...(isGenerative ? ['probability' as const] : []),
    'nothing',
  ];
  const usual: ShadedBy = isGenerative && log.measure !== 'classes' ? 'probability' : (possible[0] ?? 'nothing');
  const shadedBy = wantedShade !== undefined && possible.includes(wantedShade) ? wantedShade : usual;
  // The map of all pairs is the costliest to draw.
  const kept = useCalm(log.similarity.kept.length, 400);
  const segment = log.segments[current];
  const attention = log.shelf.get(current);
  const weights = useMemo(() => {
    if (!attention || !segment) return undefined;
    const layer = Math.min(look.layer ?? model.layers - 1, model.layers - 1);
    const head = look.head === 'average' || look.head >= model.heads ? 'average' : look.head;
    return wordWeights(attention, model, layer, head, segment.words.length);
  }, [attention, look, model, segment]);
  if (!segment) return <p className="panel placeholder">Reading the first segment …</p>;
  const { activity } = segment;
  const task = model.task ? findTask(model.task) : undefined;
  const reader = model.answers === 'class' ? '[CLS]' : 'the words';
  const held = kind === 'cache' ? 'the cache' : 'memory';
  const asked = log.asked(segment);
  return (
    <>
      <section className="panel" aria-label="Document">
        <header className="panel-head">
          <h2>
            Segment {whole(current + 1)} of {whole(log.total)}
          </h2>
          <p className="facts">
            {whole(seen)} read · {duration(segment.milliseconds)} a segment · {bytes(log.gpuBytes)} on the GPU ·{' '}
            {count(model.parameters)} parameters · {model.kind}
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
            <span className="key line" />{' '}
            {log.measure === 'classes'
              ? `probability of “${log.expected}”, the expected answer`
              : log.measure === 'every word'
                ? 'mean probability given to the words of each segment'
                : 'mean probability given to the words of the answer, where there are any'}
          </li>
          {model.looks.read && (
            <li>
              <span className="key dashed" /> share of{' '}
              {model.answers === 'class' ? '[CLS]’s attention' : 'the words’ attention'} that reads{' '}
              {kind === 'cache' ? 'the cache' : 'memory'}
            </li>
          )}
          {log.measure === 'classes' && (
            <li>
              <span className="key dotted" /> chance
            </li>
          )}
        </ul>
        <FilmStrip log={log} seen={seen} current={current} onJump={jump} />
      </section>
      <div className="columns">
        <div>
          <section className="panel" aria-label="Text of the segment">
            <header className="panel-head">
              <h2>Its text</h2>
              <Field
                label="Shade words by"
                help="How much the memory tokens attend to each word, in the layer and head chosen below; or the probability that the model gave to each word before reading it. Darker is more."
                className="inline"
              >
                {(ids) => (
                  <select {...ids} value={shadedBy} onChange={({ target }) => setShade(target.value as ShadedBy)}>
                    {possible.map((each) => (
                      <option key={each} value={each}>
                        {shades[each]}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            </header>
            <SegmentText
              segment={segment}
              shadedBy={shadedBy}
              attention={weights}
              asked={asked}
              measure={log.measure}
            />
            {isGenerative && log.measure !== 'classes' && <Expected asked={asked} measure={log.measure} />}
            {activity && (
              <dl className="figures">
                {activity.toWords !== undefined && (
                  <div>
                    <dt>
                      <Term id="write">Writes</Term>
                    </dt>
                    <dd>{percent(activity.toWords)}</dd>
                  </div>
                )}
                {activity.toMemory !== undefined && (
                  <div>
                    <dt>
                      <Term id="hold">Holds</Term>
                    </dt>
                    <dd>{percent(activity.toMemory)}</dd>
                  </div>
                )}
                {activity.fromMemory !== undefined && (
                  <div>
                    <dt>
                      <Term id="read">Reads</Term>
                    </dt>
                    <dd>{percent(activity.fromMemory)}</dd>
                  </div>
                )}
              </dl>
            )}
            {activity && (
              <p className="note">
                Where attention goes in the last layer:{' '}
                {[
                  activity.toWords !== undefined && 'memory tokens to words (writes) and to memory (holds)',
                  activity.fromMemory !== undefined && `${reader} to ${held} (reads)`,
                ]
                  .filter(Boolean)
                  .join(', ')}
                .
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
          <section className="panel" aria-label={model.classes.length > 0 ? 'Answer' : 'Task'}>
            <header className="panel-head">
              <h2>{model.classes.length > 0 ? 'If it were asked now' : task?.title}</h2>
            </header>
            {model.classes.length > 0 && (
              <Answer classes={model.classes} probabilities={segment.probabilities} expected={log.expected} />
            )}
            <p className="note">{task?.description}</p>
            {log.measure === 'answer words' && (
              <details>
                <summary>The whole answer, as it should be</summary>
                <p className="whole-answer">{log.expected}</p>
              </details>
            )}
          </section>
          <section className="panel" aria-label="Similarity of memory states">
            <header className="panel-head">
              <h2>How much the memory changes</h2>
            </header>
            {kind === 'none' ? (
              <p className="note">Nothing is handed on from segment to segment, so there is nothing to compare.</p>
            ) : (
              <>
                <p className="note">
                  <Term id="similarity">Similarity</Term> of {handedOn[kind]} after any two segments.{' '}
                  {log.hasNoise && kind !== 'cache' ? 'A new fact changes it; noise should not.' : ''}
                </p>
                <SimilarityMap log={log} kept={Math.min(kept, log.similarity.kept.length)} onJump={jump} />
              </>
            )}
          </section>
        </div>
      </div>
      {isGenerative && <GoOn log={log} />}
    </>
  );
}

const shades: Readonly<Record<ShadedBy, string>> = {
  attention: 'attention from memory',
  probability: 'probability given to them',
  nothing: 'nothing',
};
const handedOn = {
  tokens: 'the memory',
  cache: 'the cache (all layers)',
  associations: 'the associative memory (all layers)',
} as const;

/** The answer in words once there is one; before that, in the same place, what it would be. */
function Verdict({ log, current }: { readonly log: StreamLog; readonly current: number }) {
  const verdict = usePlayground(({ stream }) => stream.verdict);
  const isText = log.measure !== 'classes';
  const { right: rightly = 0, asked = 0 } = verdict ?? {};
  const right = isText ? rightly === asked : verdict?.answer === verdict?.expected;
  const unit = log.measure === 'every word' ? ` Loss ${small(log.loss)} nats a word.` : '';
  const probabilities = log.segments[current]?.probabilities;
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  return (
    <div className="verdict">
      <p
        className={!verdict || (log.measure === 'every word' && !right) ? '' : right ? 'right' : 'wrong'}
        role="status"
        hidden={!verdict}
      >
        {verdict && isText && (
          <>
            <span aria-hidden="true">{right ? '✓' : log.measure === 'every word' ? '●' : '✗'}</span> It expected{' '}
            <strong>
              {whole(rightly)} of {whole(asked)}
            </strong>{' '}
            {log.measure === 'every word' ? 'words' : 'words of the answer'} rightly.{unit}
          </>
        )}
        {verdict && !isText && (
          <>
            <span aria-hidden="true">{right ? '✓' : '✗'}</span> It answered <strong>{verdict.answer}</strong>:{' '}
            {right ? 'right.' : 'wrong, expected '}
            {!right && <strong>{verdict.expected}</strong>}
          </>
        )}
      </p>
      {!verdict && !isText && probabilities && (
        <p>
          If it were asked now it would answer <strong>{log.model.classes[best]}</strong> (
          {percent(probabilities[best] ?? 0)}); expected at the end: <strong>{log.expected}</strong>
        </p>
      )}
    </div>
  );
}
