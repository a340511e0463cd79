// The stream's settings (model, task, length, seed) and playback (play, pause, step, stop).

import { streamedWith } from '../../store/slices/stream.ts';
import { classNames } from '../class-names.ts';
import { Field } from '../controls/Field.tsx';
import { newSeed } from '../controls/integer.ts';
import { ModelPicker, TaskPicker, UserFiles } from '../controls/ModelPicker.tsx';
import { SeedInput } from '../controls/SeedInput.tsx';
import { integer } from '../format.ts';
import { Folded } from '../frame/Folded.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { nearestStep, segmentSteps } from './segment-steps.ts';
import { UserDocument } from './UserDocument.tsx';

/** Milliseconds from one segment to the next. */
const speeds: readonly (readonly [interval: number, name: string])[] = [
  [0, 'as fast as possible'],
  [100, '10 segments per second'],
  [500, '2 segments per second'],
  [2000, '1 segment every 2 seconds'],
];
/** Settings that belong to one document and are reset with it. */
const documentDefaults = { facts: undefined, question: undefined, changes: undefined };

export function StreamControls() {
  const settings = usePlayground(({ experiment }) => experiment.stream);
  const bundled = usePlayground(({ models }) => models.bundled);
  const status = usePlayground(({ stream }) => stream.status);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { setStream } = useActions().experiment;
  const interval = usePlayground(({ stream }) => stream.interval);
  const { play, pause, step, stop, setInterval } = useActions().stream;
  const choice = settings.model ?? bundled[0]?.file;
  const segments = usePlayground((state) => streamedWith(state, choice).segments);
  const seed = usePlayground((state) => streamedWith(state, choice).seed);
  const playing = status === 'playing' || status === 'starting';
  return (
    <form
      className={classNames(sections.panel, controls.row)}
      aria-label="What to stream"
      onSubmit={(event) => event.preventDefault()}
    >
      <Folded summary="Model and document" className={controls.row}>
        <ModelPicker
          value={settings.model}
          // Another model starts with its own defaults.
          onChange={(model) =>
            setStream({ model, task: undefined, segments: undefined, seed: undefined, ...documentDefaults })
          }
        />
        <TaskPicker value={settings.task} onChange={(task) => setStream({ task, ...documentDefaults })} />
        <Field
          label={`${integer(segments)} ${segments === 1 ? 'segment' : 'segments'}`}
          help="The number of segments in the document. Only the memory passes from one to the next."
          className={controls.slider}
        >
          {(ids) => (
            <input
              {...ids}
              type="range"
              min={0}
              max={segmentSteps.length - 1}
              value={nearestStep(segments)}
              aria-valuetext={`${segments} segments`}
              onChange={({ target }) => setStream({ segments: segmentSteps[Number(target.value)] })}
            />
          )}
        </Field>
        <div className={controls.withButton}>
          <SeedInput
            help="Determines the document: its facts, its question and its noise. The same seed gives the same document."
            className={controls.seed}
            value={seed}
            onChange={(parsed) => setStream({ seed: parsed })}
          />
          <button
            type="button"
            onClick={() => setStream({ seed: newSeed() })}
            title="Stream another document, with a new seed"
          >
            New document
          </button>
        </div>
        <Field label="Speed" help="How fast the document is read; can be changed at any time.">
          {(ids) => (
            <select {...ids} value={interval} onChange={({ target }) => setInterval(Number(target.value))}>
              {speeds.map(([each, name]) => (
                <option key={each} value={each}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      </Folded>
      <fieldset className={layout.actions}>
        <legend className={typography.hidden}>Playback</legend>
        {/* One element, so that keyboard focus stays on it. */}
        <button
          type="button"
          className={buttons.primary}
          title={playing ? 'Pause after this segment; Play continues' : 'Read the document segment by segment'}
          aria-disabled={status === 'starting'}
          disabled={!playing && (!ready || choice === undefined)}
          onClick={() => (playing ? status !== 'starting' && pause() : play())}
        >
          <span aria-hidden="true">{playing ? '❚❚' : '▶'}</span>{' '}
          {playing ? 'Pause' : status === 'paused' ? 'Play' : 'Play again'}
        </button>
        <button
          type="button"
          title="Read one segment, then pause"
          onClick={step}
          disabled={status !== 'playing' && status !== 'paused'}
        >
          Step
        </button>
        <button
          type="button"
          title="Stop reading; the segments read so far are kept"
          onClick={stop}
          disabled={!playing && status !== 'paused'}
        >
          Stop
        </button>
      </fieldset>
      <Folded summary="Your own facts and files" className={controls.row}>
        <UserDocument choice={settings.model} />
        <UserFiles choice={choice} task={settings.task} disabled={playing} />
      </Folded>
    </form>
  );
}
