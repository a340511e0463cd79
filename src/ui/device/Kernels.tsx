// The kernels chosen for the adapter, why these, and how to time the candidates again.
import type { DeviceDetails, DeviceFacts } from '../../protocol/index.ts';
import { Alert } from '../controls/Alert.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';

/** Why these kernels. */
export function reasonOf({ kernels }: DeviceDetails, { software, features }: DeviceFacts): string {
  switch (kernels.chosenBy) {
    case 'timed':
      return 'Each candidate was timed on this adapter just now, forward and backward. The fastest that gives the numbers of the plainest was taken. The choice is remembered, so that later visits give the same bits.';
    case 'remembered':
      return 'Each candidate was timed on this adapter at an earlier visit. The choice is remembered, so that the same bits come out again.';
    default:
      if (!software) return 'By the adapter’s facts; the candidates have not been timed.';
      return features.includes('subgroups')
        ? 'A software adapter with subgroups: four invocations that share a tile by broadcasts need no barriers, which are what costs most there.'
        : 'A software adapter without subgroups: each invocation keeps its tile in registers.';
  }
}

/** For hardware adapters only: of a software adapter, the facts decide. */
export function TimeAgain({ lost }: { readonly lost: readonly string[] }) {
  const { status, error, result } = usePlayground(({ tune }) => tune);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { start, stop } = useActions().tune;
  const busy = status === 'starting' || status === 'running';
  return (
    <>
      {lost.length > 0 && (
        <p className={typography.note}>
          Left out, because the GPU was lost or the page closed while they were tried: {lost.join(', ')}. They are tried
          again when a new version of this page changes them.
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
              ? 'Timed. The kernels above are used from now on.'
              : result?.status === 'stopped' && status === 'idle'
                ? 'Stopped.'
                : ''}
        </span>
      </div>
      <p className={typography.note}>
        Takes some seconds, with nothing else on the GPU. Other kernels add numbers in another order: results computed
        afterwards may differ from earlier ones in their last bits.
      </p>
      <Alert>{error}</Alert>
    </>
  );
}
