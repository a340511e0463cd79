import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress } from './address.ts';
import { parseSceneFile, readScenes, type Scene, sceneFile, scenesOf, writeScenes } from './scenes.ts';

const scenes: fc.Arbitrary<Scene[]> = fc.array(
  fc.record({
    address: fc.string({ unit: 'grapheme' }).map((text) => `#/${text}`),
    title: fc.string({ unit: 'grapheme', maxLength: 60 }),
    caption: fc.string({ unit: 'grapheme', maxLength: 60 }),
  }),
  { maxLength: 6 },
);

describe('scenes', () => {
  it('come back from a link and from a file', () => {
    fc.assert(
      fc.property(scenes, (list) => {
        expect(writeScenes(list)).toMatch(/^[\w-]*$/);
        expect(readScenes(writeScenes(list))).toEqual(list);
        expect(parseSceneFile(sceneFile(list))).toEqual(list);
      }),
    );
  });

  it('are refused where they are none', () => {
    for (const text of ['', '!', 'e30', writeScenes([{ address: 'https://x', title: '', caption: '' }])])
      expect(readScenes(text)).toBeUndefined();
    const many = Array.from({ length: 65 }, () => ({ address: '#/stream', title: '', caption: '' }));
    expect(scenesOf(many)).toBeUndefined();
    expect(readAddress('#/learn?learn.scenes=zzz').problems.join()).toContain('Expected: a list of scenes');
  });

  it('say what is wrong with a file', () => {
    expect(() => parseSceneFile('{')).toThrow('It is not JSON.');
    expect(() => parseSceneFile('{"format":"other","scenes":[]}')).toThrow('no list of scenes of this page');
    const wrong = JSON.stringify({
      format: 'rmt-playground scenes',
      scenes: [{ address: '#/stream', title: 3, caption: '' }],
    });
    expect(() => parseSceneFile(wrong)).toThrow('The entry 0.title is not valid');
  });
});
