// The adapter, and what it can do.
import { Bench } from './Bench.tsx';

export function Device() {
  return <Bench />;
}
