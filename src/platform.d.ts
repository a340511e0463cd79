// The few platform globals that the core may use; it compiles without the DOM and without Node's types.
declare const performance: { now(): number };
declare const console: { warn(...data: unknown[]): void; error(...data: unknown[]): void };
declare function setTimeout(callback: () => void, milliseconds?: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}
declare function structuredClone<T>(value: T): T;
declare const crypto: {
  readonly subtle: { digest(algorithm: 'SHA-256', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> };
};
interface StreamReader<T> {
  read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true; readonly value?: undefined }>;
  cancel(): Promise<void>;
}
declare class ReadableStream<T> {
  constructor(
    source: {
      pull(controller: { enqueue(piece: T): void; close(): void; error(reason: unknown): void }): Promise<void>;
      cancel(): Promise<void>;
    },
    strategy: { highWaterMark: number },
  );
  pipeThrough(through: DecompressionStream): ReadableStream<Uint8Array<ArrayBuffer>>;
  getReader(): StreamReader<T>;
}
declare class DecompressionStream {
  constructor(format: 'deflate-raw' | 'gzip');
}
interface MessagePort {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}
declare class MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}
