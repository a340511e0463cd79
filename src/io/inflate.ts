// Compressed bytes inflated as they are read, by the platform's own decompressor.

/** Compressed bytes passed on at once, because they may expand a thousandfold. */
const pieceSize = 2 ** 14;

/**
 * Inflate a stream of compressed bytes.
 * @param broken makes the error for data that cannot be inflated, or ends early
 */
export async function* inflated(
  pieces: AsyncIterable<Uint8Array>,
  format: 'deflate-raw' | 'gzip',
  broken: (found: string) => Error,
): AsyncGenerator<Uint8Array> {
  const packed = inPieces(pieces);
  let failure: { readonly error: unknown } | undefined;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await packed.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
      async cancel() {
        await packed.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        // A file that cannot be read is not a broken archive.
        throw failure ? failure.error : broken(error instanceof Error ? error.message : String(error));
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function* inPieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; from += pieceSize) yield piece.slice(from, from + pieceSize);
}

/** The bytes in [from, to) of a stream that has to be read from its beginning. */
export async function* cutOut(
  pieces: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  let at = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.length;
    if (part.length > 0) yield part;
    if (at >= to) return;
  }
}
