// Saves the whole document with memory, attention, logits and token ids as one safetensors file, for Python.
import { useState } from 'react';
import { Alert } from '../controls/Alert.tsx';
import { bytes, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';

export function SaveStream() {
  const { status, error, progress, size } = usePlayground(({ capture }) => capture);
  const canRead = usePlayground(({ device, stream }) => device.status === 'ready' && !stream.recorded);
  const { capture } = useActions();
  const [attention, setAttention] = useState(true);
  const isReading = status === 'reading';
  return (
    <>
      <p className={typography.note}>
        One safetensors file for Python: the memory after every segment, the attention of all layers and heads, the
        logits, the token ids and what stands at each position. The document is read from its beginning, with the
        interventions on show.
      </p>
      <p className={layout.actions}>
        <label className={controls.check}>
          <input type="checkbox" checked={attention} onChange={({ target }) => setAttention(target.checked)} />
          With attention
        </label>
        <button type="button" disabled={!canRead || isReading} onClick={() => void capture.start(attention)}>
          Save whole stream
        </button>
        {isReading && (
          <button type="button" onClick={() => capture.stop()}>
            Stop
          </button>
        )}
        <span role="status">
          {isReading
            ? progress
              ? `${integer(progress.read)} of ${integer(progress.segments)} segments`
              : 'Preparing the GPU and the model …'
            : status === 'done' && size !== undefined
              ? `Saved: ${bytes(size)}.`
              : ''}
        </span>
      </p>
      <Alert>{status === 'failed' ? error : undefined}</Alert>
    </>
  );
}
