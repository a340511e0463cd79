// Keeps the document on show that of the settings.
import { useEffect } from 'react';
import { streamKey } from '../../store/slices/stream.ts';
import { useActions, usePlayground } from '../playground.tsx';

/** Start a new stream whenever its settings change, once a moving slider has come to rest. Returns whether one is due. */
export function useStreamOfSettings(): boolean {
  const actions = useActions();
  const key = usePlayground(streamKey);
  const started = usePlayground(({ stream }) => stream.key);
  // The document can be shown while the GPU is being prepared.
  const ready = usePlayground(
    ({ device, models }) =>
      (device.status === 'ready' || device.status === 'connecting') && models.status !== 'loading',
  );
  useEffect(() => {
    if (!ready || key === started) return;
    if (key === undefined) return actions.stream.clear();
    const timer = setTimeout(() => void actions.stream.start(), started === undefined ? 0 : 300);
    return () => clearTimeout(timer);
  }, [actions, ready, key, started]);
  return ready && key !== undefined && key !== started;
}
