// The interface of a timed library. Everything is prepared in advance; a call is one run, until the result is on the host.

export interface Peer {
  /** Prepare the forward pass. A run returns the last hidden state of the compared rows, (M, D). */
  forward?(): Promise<() => Promise<Float32Array>>;
  /** Prepare training. A run is one step, forward, backward and AdamW, and returns the loss before it. */
  training?(): Promise<() => Promise<number>>;
}

export type Workload = keyof Peer;
