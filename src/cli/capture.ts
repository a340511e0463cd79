// rmt capture: reads one document, and writes memory, attention, logits and token ids of all segments into one file.
import { needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { documentOf, documentOptions } from './document.ts';
import { materialFiles, materialsOf } from './materials.ts';
import { checkOutputs, replaceFile } from './outputs.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

export async function capture(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('capture', words, {
    checkpoint: 'text',
    ...documentOptions,
    out: 'text',
    'no-attention': 'flag',
    json: 'flag',
  });
  const file = needed('capture', 'checkpoint', given.checkpoint);
  const out = needed('capture', 'out', given.out);
  const asked = documentOf('capture', given);
  checkOutputs([{ where: 'capture: --out', file: out }], [{ where: '--checkpoint', file }, ...materialFiles(given)]);
  const bytes = readBytes('checkpoint', file);
  const materials = await materialsOf(given);
  const progress = new Progress(given.json);
  let made: Uint8Array | undefined;
  const adapter = await runSession(
    open,
    {
      kind: 'capture',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...asked,
        attention: !given['no-attention'],
        materials,
      },
    },
    (event) => {
      if (event.type === 'capture-progress')
        progress.show(event.read / asked.segments, `segment ${event.read} of ${asked.segments}`);
      if (event.type === 'capture-end') made = event.bytes;
    },
  );
  progress.end();
  if (!made) throw new Error('capture: stopped (expected to read the document to its end)');
  replaceFile(out, made);
  if (given.json) printJson({ adapter, out, segments: asked.segments, bytes: made.length });
  else process.stdout.write(`${out}: ${asked.segments} segments, ${made.length.toLocaleString('en')} bytes\n`);
}
