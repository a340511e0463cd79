// The user's adapter: what it is, whether it computes correctly, and how fast.

import { Bench } from '../bench/Bench.tsx';
import { AdapterFacts } from '../device/AdapterFacts.tsx';
import { SelfCheck } from '../device/SelfCheck.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';

export function Device() {
  const missing = usePlayground(({ device }) => device.status === 'missing');
  return (
    <>
      <div className={layout.lead}>
        <h1>This GPU</h1>
        <p>What WebGPU offers on this machine, whether it computes gradients correctly, and how fast.</p>
      </div>
      {missing ? (
        <NoGpu />
      ) : (
        <>
          <AdapterFacts />
          <SelfCheck />
          <Bench />
        </>
      )}
    </>
  );
}
