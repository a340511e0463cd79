// What to read (model, task, length, seed) and how fast (play, pause, step, stop).

import { getPlayground, usePlayground } from '../../store/client.ts';
import { streamedWith } from '../../store/stream.ts';
import { DraftInput } from '../controls/DraftInput.tsx';
import { Field } from '../controls/Field.tsx';
import { ModelPicker, OwnFiles, TaskPicker } from '../controls/ModelPicker.tsx';
import { largestSeed, newSeed, parseWhole } from '../controls/whole-number.ts';
import { whole } from '../format.ts';
import { nearestStep, segmentSteps } from './segment-steps.ts';

export function StreamControls() {
  const settings = usePlayground(({ experiment }) => experiment.stream);
  const bundled = usePlayground(({ models }) => models.bundled);
  const status = usePlayground(({ stream }) => stream.status);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { setStream } = getPlayground().experiment;
  const { play, pause, step, stop } = getPlayground().stream;
  const choice = settings.model ?? bundled[0]?.file;
  const { segments, seed } = streamedWith(getPlayground(), choice);
  const playing = status === 'playing' || status === 'starting';
  return (
    <form className="panel controls" aria-label="What to stream" onSubmit={(event) => event.preventDefault()}>
      <ModelPicker
        value={settings.model}
        // Another model is shown the way it was meant to be.
        onChange={(model) => setStream({ model, task: undefined, segments: undefined, seed: undefined })}
      />
      <TaskPicker value={settings.task} onChange={(task) => setStream({ task })} />
      <Field
        label={`Segments: ${whole(segments)}`}
        help="How many segments the document has. The memory is all that passes from one to the next."
        className="slider"
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
      <div className="with-button">
        <DraftInput
          label="Seed"
          help="Draws the document: its facts, its question and its noise. The same seed draws the same document."
          className="seed"
          value={String(seed)}
          inputMode="numeric"
          accept={(text) => {
            const parsed = parseWhole('Seed', text, 0, largestSeed);
            setStream({ seed: parsed });
            return String(parsed);
          }}
        />
        <button type="button" onClick={() => setStream({ seed: newSeed() })} title="Draw another document">
          New document
        </button>
      </div>
      <fieldset className="transport">
        <legend className="hidden">Playback</legend>
        {/* One element, so that the keyboard's focus stays on it. */}
        <button
          type="button"
          className="primary"
          title={
            playing ? 'Stop reading after this segment, to go on later' : 'Read the document from segment to segment'
          }
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
          title="End reading here; what was read stays"
          onClick={stop}
          disabled={!playing && status !== 'paused'}
        >
          Stop
        </button>
      </fieldset>
      <OwnFiles choice={choice} task={settings.task} disabled={playing} />
    </form>
  );
}
