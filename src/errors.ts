// Errors that a user can act on: where they occurred, what was found, and what was expected.

/** Input from outside (file, URL, configuration, checkpoint, text) that cannot be used. */
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

/** Incompatible tensor shapes inside the engine. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** The GPU device was lost; a run resumes from its last checkpoint. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/** No WebGPU adapter is available; `reason` says which of the known causes applies. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  constructor(
    readonly reason: 'no-webgpu' | 'no-adapter' | 'no-device',
    message: string,
  ) {
    super(message);
  }
}
