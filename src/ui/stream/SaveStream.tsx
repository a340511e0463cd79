// Saves the whole document with memory, attention, logits and token ids as one safetensors file, for Python.
import { useId, useState } from 'react';
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
  const note = useId();
  const isReading = status === 'reading';
  return (
    <>
      <p className={typography.note} id={note}>
        One safetensors file for Python: the memory after every segment, the attention of all layers and heads, the
        logits, the token ids and what stands at each position. The document is read from its beginning, with the
        interventions on show.
      </p>
      <p className={layout.actions}>
        <label
          className={controls.check}
          title="Without it the file is much smaller: attention has a number for every pair of positions in every head."
        >
          <input type="checkbox" checked={attention} onChange={({ target }) => setAttention(target.checked)} />
          With attention
        </label>
        <button
          type="button"
          aria-describedby={note}
          disabled={!canRead || isReading}
          onClick={() => void capture.start(attention)}
        >
          Save whole stream
        </button>
        {isReading && (
          <button type="button" title="Stop reading: nothing is saved." onClick={() => capture.stop()}>
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
