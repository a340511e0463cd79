// The first view: a document is read segment by segment, with the memory operations of each segment.
import { useMemo, useState } from 'react';
import { memoryKind, wordWeights } from '../../analysis/memory-attention.ts';
import { type StreamLog, TEXT_BYTES } from '../../store/slices/stream-log.ts';
import { findTask } from '../../tasks/index.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { bytes, integer } from '../format.ts';
import { Term } from '../glossary/Term.tsx';
import { OpenedModels } from '../models/OpenedModels.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import { RibbonPlace } from '../ribbon/RibbonPlace.tsx';
import { Answer } from '../stream/Answer.tsx';
import { AttentionMap } from '../stream/AttentionMap.tsx';
import { ContinueText } from '../stream/ContinueText.tsx';
import { DocumentPanel } from '../stream/DocumentPanel.tsx';
import { FourPanels } from '../stream/FourPanels.tsx';
import { Intervene } from '../stream/Intervene.tsx';
import { firstLook } from '../stream/look.ts';
import { OperationFigures } from '../stream/OperationFigures.tsx';
import { Predictions } from '../stream/Predictions.tsx';
import { Recorded, Recordings } from '../stream/Recorded.tsx';
import { SegmentText, type ShadedBy } from '../stream/SegmentText.tsx';
import { SimilarityMap } from '../stream/SimilarityMap.tsx';
import { StreamControls } from '../stream/StreamControls.tsx';
import { useStreamOfSettings } from '../stream/use-stream-of-settings.ts';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import css from './Stream.module.css';

export function Stream() {
  const actions = useActions();
  const isDue = useStreamOfSettings();
  const hasModel = usePlayground((state) => state.models.resolve(state.experiment.stream.model) !== undefined);
  const device = usePlayground((state) => state.device.status);
  const { log, seen, error, status } = usePlayground(({ stream }) => stream);
  const models = usePlayground((state) => state.models);
  const settings = usePlayground(({ experiment }) => experiment.stream);
  const card = models.card(models.resolve(settings.model));
  return (
    <>
      <div className={classNames(layout.lead, layout.above)}>
        <h1>Watch memory at work</h1>
        <p>
          A transformer reads a long document one <Term id="segment">segment</Term> at a time. Only a few{' '}
          <Term id="memoryTokens">memory vectors</Term> pass on. Does the fact survive?
        </p>
      </div>
      {device === 'missing' && <NoGpu />}
      <Recorded />
      {log ? (
        <DocumentPanel log={log} seen={seen} />
      ) : (
        device !== 'missing' && (
          <RibbonPlace>
            {card?.readsText && settings.task === undefined && status === 'idle'
              ? 'Choose a text below: this model reads any.'
              : waitingText(isDue || status === 'starting' || models.status === 'loading', device, hasModel)}
          </RibbonPlace>
        )
      )}
      <StreamControls />
      <OpenedModels onOpen={(model) => actions.experiment.setStream({ model, task: undefined })} />
      <Recordings />
      <Alert>{error}</Alert>
      {models.status === 'missing' && settings.model === undefined && (
        <Alert>
          No bundled checkpoint could be loaded. {models.problem} Open a .safetensors file above, or train your own
          model on the Train view.
        </Alert>
      )}
      {log && <Reading log={log} />}
      {/* A prompt needs no document, and so none of the files that one is drawn from. */}
      {!log && device === 'ready' && card?.answers === 'tokens' && <ContinueText />}
    </>
  );
}

/** What the page waits for while there is no document to show. */
function waitingText(isStarting: boolean, device: string, hasModel: boolean): string {
  if (device === 'lost') return 'Connect to the GPU again to stream.';
  if (isStarting || device === 'connecting') return 'Preparing the GPU and the model …';
  return hasModel ? 'Press Play again to stream this model.' : 'Choose a model to stream.';
}

/** Everything about the current segment. */
function Reading({ log }: { readonly log: StreamLog }) {
  const current = usePlayground(({ stream }) => stream.current);
  const { jump } = useActions().stream;
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
  // The map of all pairs is the most expensive to draw.
  const kept = useCalm(log.similarity.kept.length, 400);
  const segment = log.segments[current];
  const attention = log.shelf.get(current);
  const weights = useMemo(() => {
    if (!attention || !segment) return undefined;
    const layer = Math.min(look.layer ?? model.layers - 1, model.layers - 1);
    const head = look.head === 'average' || look.head >= model.heads ? 'average' : look.head;
    return wordWeights(attention, model, layer, head, segment.words.length);
  }, [attention, look, model, segment]);
  const task = model.task ? findTask(model.task) : undefined;
  // The panels stay while a new document has no segment yet, and with them what has been typed into them.
  const scored = segment ? log.scoredWords(segment) : [];
  return (
    <>
      <div className={layout.columns}>
        <div>
          <section className={sections.panel} aria-label="Text of the segment">
            <header className={sections.head}>
              <h2>Text of the segment</h2>
              <Field
                label="Shade words by"
                help="Attention from the memory tokens to each word, in the layer and head chosen below; or the probability of each word in the model’s prediction. Darker means higher."
                className={controls.inline}
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
            {!segment ? (
              <p className={typography.note}>No segment has been read yet.</p>
            ) : segment.hasText ? (
              <SegmentText
                segment={segment}
                shadedBy={shadedBy}
                attention={weights}
                scored={scored}
                measure={log.measure}
                pieces={model.pieces}
              />
            ) : (
              <p className={typography.note} role="status">
                The text of segment {integer(current + 1)} is no longer kept; its figures are. At most{' '}
                {bytes(TEXT_BYTES)} of text are kept: the newest segments, and the first ones with a fact, the question
                or the answer. To read it, stream again and pause at this segment.
              </p>
            )}
            {segment?.hasText && isGenerative && log.measure !== 'classes' && (
              <Predictions scored={scored} measure={log.measure} token={log.token} pieces={model.pieces} />
            )}
            <OperationFigures log={log} current={current} />
          </section>
          <section className={sections.panel} aria-label="Attention of memory">
            <header className={sections.head}>
              <h2>Attention of memory in segment {integer(current + 1)}</h2>
            </header>
            <AttentionMap log={log} current={current} look={look} onLook={setLook} />
          </section>
        </div>
        <div>
          <section className={sections.panel} aria-label={model.classes.length > 0 ? 'Answer' : 'Task'}>
            <header className={sections.head}>
              <h2>{model.classes.length > 0 ? 'Answer after this segment' : task?.title}</h2>
            </header>
            {segment && model.classes.length > 0 && (
              <Answer
                classes={model.classes}
                probabilities={segment.probabilities}
                expected={log.expected}
                untouched={segment.untouched?.probabilities}
              />
            )}
            <p className={typography.note}>{task?.description}</p>
            {log.measure === 'answer words' && (
              <details>
                <summary>Expected answer</summary>
                <p className={css.wholeAnswer}>{log.expected}</p>
              </details>
            )}
          </section>
          <Intervene log={log} current={current} />
          <section className={sections.panel} aria-label="Similarity of memory states">
            <header className={sections.head}>
              <h2>Similarity of memory states</h2>
            </header>
            {kind === 'none' ? (
              <p className={typography.note}>
                In this model nothing passes from one segment to the next, so there is nothing to compare.
              </p>
            ) : (
              <>
                <p className={typography.note}>
                  <Term id="similarity">Similarity</Term> of {memoryNames[kind]} after any two segments.{' '}
                  {log.hasNoise && kind !== 'cache' ? 'A new fact should change it; noise should not.' : ''}
                </p>
                <SimilarityMap log={log} kept={Math.min(kept, log.similarity.kept.length)} onJump={jump} />
              </>
            )}
          </section>
        </div>
      </div>
      <FourPanels log={log} />
      {isGenerative && <ContinueText log={log} />}
    </>
  );
}

const shades: Readonly<Record<ShadedBy, string>> = {
  attention: 'attention from memory',
  probability: 'predicted probability',
  nothing: 'nothing',
};
const memoryNames = {
  tokens: 'the memory',
  cache: 'the cache (all layers)',
  associations: 'the associative memory (all layers)',
} as const;
