// The kernels chosen for the adapter, why they were chosen, and timing the candidates again.
import type { DeviceDetails, DeviceFacts } from '../../protocol/index.ts';
import { Alert } from '../controls/Alert.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';

/** Why these kernels. */
export function reasonOf({ kernels }: DeviceDetails, { software, features }: DeviceFacts): string {
  switch (kernels.chosenBy) {
    case 'timed':
      return 'All candidates were timed on this adapter just now, forward and backward. The fastest one that agrees with the simplest kernel was chosen. The choice is stored, so that later visits give bit-identical results.';
    case 'remembered':
      return 'All candidates were timed on this adapter at an earlier visit. The choice is stored, so that results stay bit-identical.';
    default:
      if (!software) return 'Chosen by the adapter’s features; the candidates have not been timed.';
      return features.includes('subgroups')
        ? 'This is a software adapter with subgroups: in large problems four invocations share a tile by broadcasts and need no barriers, which are the most expensive part there. Small ones take the same time with simpler kernels, which compile faster.'
        : 'This is a software adapter without subgroups: each invocation keeps its tile in registers.';
  }
}

/** For hardware adapters only: on a software adapter the kernels follow from its features. */
export function TuneButton({ lost }: { readonly lost: readonly string[] }) {
  const { status, error, result } = usePlayground(({ tune }) => tune);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { start, stop } = useActions().tune;
  const busy = status === 'starting' || status === 'running';
  return (
    <>
      {lost.length > 0 && (
        <p className={typography.note}>
          Excluded, because the GPU was lost or the page was closed while they were timed: {lost.join(', ')}. They are
          timed again when a new version of this page changes them.
        </p>
      )}
      <div className={layout.actions}>
        <button
          type="button"
          title="Time every candidate on this GPU again, for example after a driver update"
          disabled={busy || !ready}
          onClick={start}
        >
          Time the kernels again
        </button>
        <button type="button" title="Keep the kernels chosen so far" disabled={!busy} onClick={stop}>
          Cancel
        </button>
        <span role="status" className={typography.quiet}>
          {busy
            ? 'Timing every candidate …'
            : result?.status === 'finished'
              ? 'Done. The kernels above are used from now on.'
              : result?.status === 'stopped' && status === 'idle'
                ? 'Stopped.'
                : ''}
        </span>
      </div>
      <p className={typography.note}>
        Timing takes a few seconds and needs the GPU to be idle. Different kernels add numbers in a different order, so
        later results may differ from earlier ones in their last bits.
      </p>
      <Alert>{error}</Alert>
    </>
  );
}
