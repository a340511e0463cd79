// External data: the manifest, and the headers of checkpoints.
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import type { Job, Wish } from '../testing/desk.ts';
import { manifest, openPage } from '../testing/store-page.ts';
import { cardOf, configOfTraining } from './checkpoint-header.ts';
import { Shelf } from './library/storage.ts';
import { parseManifest } from './slices/models.ts';
import type { Environment } from './state.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('outside data', () => {
  it.each([
    [{}, 'checkpoints'],
    [{ checkpoints: [{ ...manifest.checkpoints[0], file: '../x.safetensors' }] }, 'checkpoints.0.file'],
    [{ checkpoints: [{ ...manifest.checkpoints[0], segments: 0 }] }, 'checkpoints.0.segments'],
  ])('names what is wrong in a manifest', (input, where) => {
    expect(() => parseManifest(input)).toThrow(where);
  });

  it('says when there is no manifest', async () => {
    const { get } = fresh({
      fetchFile: async () => Promise.reject(new Error('manifest.json: the server answered 404')),
    });
    await get().models.load();
    expect(get().models).toMatchObject({ status: 'missing', problem: expect.stringContaining('404') });
  });

  it('reads the configuration of a training checkpoint', () => {
    const config = presetConfig('tiny');
    const text = JSON.stringify({ __metadata__: { training: JSON.stringify({ config }) } });
    const header = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    expect(configOfTraining('x', bytes)).toEqual(config);
    expect(() => configOfTraining('x', bytes.slice(0, 40))).toThrow(
      /^x: a header of \d+ bytes in a file of 40 \(expected the whole file\)$/,
    );
    expect(cardOf(bytes)).toEqual({ task: undefined, knobs: {}, file: undefined, answers: undefined, trainedTo: 2 });
  });

  it('reads the card of a checkpoint', () => {
    const metadata = {
      rmt_config: JSON.stringify({ model_type: 'rmt-gpt2', hidden_size: 8 }),
      task: JSON.stringify({ id: 'copy', knobs: { alphabet: '4' }, noise_words: 0 }),
    };
    const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata }));
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    expect(cardOf(bytes)).toEqual({
      task: 'copy',
      knobs: { alphabet: '4' },
      file: undefined,
      answers: 'tokens',
      trainedTo: undefined,
    });
    expect(cardOf(Uint8Array.of(1))).toMatchObject({ task: undefined, answers: undefined });
  });
});
