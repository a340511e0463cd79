// What a library must offer to be timed. Everything is prepared before; a call is one run, to the answer on the host.

export interface Peer {
  /** Make the forward pass ready. A run gives the last hidden state of the compared rows, (M, D). */
  forward?(): Promise<() => Promise<Float32Array>>;
  /** Make training ready. A run is one step, forward, backward and AdamW, and gives the loss before it. */
  training?(): Promise<() => Promise<number>>;
}

export type Workload = keyof Peer;
