// The GPU slice.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Job, Wish } from '../../testing/desk.ts';
import { openPage } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';
import { adapterName } from './device.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('device', () => {
  it('is requested, found, refused and lost', () => {
    const { get, receive } = fresh();
    get().device.connect();
    expect(posted).toEqual([{ kind: 'connect' }]);
    receive({ type: 'failed', during: 'connect', message: 'adapter: none', status: 1, adapter: 'no-adapter' });
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'no-adapter', message: 'adapter: none.' });
    receive({
      type: 'device',
      device: { vendor: 'v', architecture: 'a', description: '', software: true, features: [], limits: {} },
      details: {
        info: { vendor: 'v' },
        features: ['bgra8unorm-storage'],
        limits: { maxBindGroups: 4 },
        kernels: {
          product: { small: 'registers', large: 'registers' },
          attention: { small: 'rows', large: 'rows' },
          chosenBy: 'facts',
        },
      },
    });
    expect(get().device).toMatchObject({ status: 'ready', details: { limits: { maxBindGroups: 4 } } });
    receive({ type: 'device-lost', message: 'gone' });
    expect(get().device).toMatchObject({ status: 'lost', message: 'gone' });
  });

  it('does not blame the adapter for an error of the page', () => {
    const { get, receive } = fresh();
    get().device.connect();
    receive({ type: 'failed', during: 'connect', message: 'x is undefined', status: 1 });
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'no-device', message: 'x is undefined.' });
  });

  it('is not requested if it is known to be unavailable', () => {
    const { get } = fresh({ obstacle: 'insecure' });
    get().device.connect();
    expect(posted).toEqual([]);
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'insecure' });
  });

  it('has a name without repetitions', () => {
    const facts = { software: false, features: [], limits: {} };
    expect(adapterName({ ...facts, vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' })).toBe(
      'NVIDIA H100 · hopper',
    );
    expect(adapterName({ ...facts, vendor: '', architecture: '', description: '' })).toBe('unnamed adapter');
  });
});
