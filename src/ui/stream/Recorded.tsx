// Recorded streams: offered to everyone, loaded by itself without a GPU, and labelled with what was recorded where.
import { useEffect } from 'react';
import { type RecordingName, recordings } from '../../store/recording.ts';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import notices from '../styles/notices.module.css';
import typography from '../styles/typography.module.css';

export function Recorded() {
  const actions = useActions();
  const missing = usePlayground(({ device }) => device.status === 'missing');
  const recorded = usePlayground(({ stream }) => stream.recorded);
  useEffect(() => {
    if (missing) void actions.stream.showRecording();
  }, [actions, missing]);
  if (!recorded) return null;
  const { checkpoint, adapter, date, command, name } = recorded;
  return (
    <div className={notices.box}>
      <p>
        <strong>Recorded, not computed here.</strong> {checkpoint} reads a document on {adapter}, {date}, with{' '}
        <code>{command}</code>. {recordings[name].note} You can look at every segment; streaming another document needs
        WebGPU. Attention and memory are rounded to 8 bits.
      </p>
    </div>
  );
}

/** Recordings to look at: nothing is computed and no model is needed. */
export function Recordings() {
  const { stream } = useActions();
  const shown = usePlayground((state) => state.stream.recorded?.name);
  return (
    <div className={layout.actions}>
      <p className={typography.note}>Recorded streams</p>
      {(Object.keys(recordings) as RecordingName[]).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={shown === name}
          title={recordings[name].note}
          onClick={() => void stream.showRecording(name)}
        >
          {recordings[name].title}
        </button>
      ))}
    </div>
  );
}
