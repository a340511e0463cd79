// Without a GPU: loads the recorded stream and labels it with its date and adapter.
import { useEffect } from 'react';
import { useActions, usePlayground } from '../playground.tsx';
import notices from '../styles/notices.module.css';

export function Recorded() {
  const actions = useActions();
  const missing = usePlayground(({ device }) => device.status === 'missing');
  const recorded = usePlayground(({ stream }) => stream.recorded);
  useEffect(() => {
    if (missing) void actions.stream.showRecording();
  }, [actions, missing]);
  if (!recorded) return null;
  const { checkpoint, adapter, date, command } = recorded;
  return (
    <div className={notices.box}>
      <p>
        <strong>Recorded, not computed here.</strong> {checkpoint} reads a document on {adapter}, {date}, with{' '}
        <code>{command}</code>. You can look at every segment; streaming another document needs WebGPU. Attention and
        memory are rounded to 8 bits.
      </p>
    </div>
  );
}
