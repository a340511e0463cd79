// The settings of Learn: scenes that came with a link.
import { type Scene, scenesInAddress, writeScenes } from './scenes.ts';

export interface LearnSettings {
  readonly scenes: readonly Scene[] | undefined;
}

export const learnDefaults: LearnSettings = { scenes: undefined };

export const learnSchemas = { 'learn.scenes': scenesInAddress } as const;

/** The settings as text, as an address writes them. */
export const writeLearn = ({ scenes }: LearnSettings) => ({ scenes: scenes && writeScenes(scenes) });
