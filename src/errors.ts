// Errors that a person can act on: where it happened, what was found, and what was expected.

/** Outside input (file, URL, config, checkpoint, text) that cannot be used. */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(
    readonly where: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${where}: ${found} (expected ${expected})`);
  }
}

/** Two shapes that do not fit together, inside the engine. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The GPU device was lost; a run resumes from its last checkpoint. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/** No WebGPU adapter is available; `cause` names which of the known reasons applies. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  constructor(
    readonly reason: 'no-webgpu' | 'no-adapter' | 'no-device',
    message: string,
  ) {
    super(message);
  }
}
