// The scenes slice: the scenes that somebody has collected in this browser, and the presentation that is under way.

import { writeAddress } from '../address.ts';
import { sentenceOf } from '../error-text.ts';
import { mostScenes, parseSceneFile, type Scene, scenesOf } from '../scenes.ts';
import type { SliceTools, State } from '../state.ts';
import { viewTitles } from '../view-titles.ts';

declare module '../state.ts' {
  interface State {
    readonly scenes: ScenesSlice;
  }
}

interface Presentation {
  readonly scenes: readonly Scene[];
  /** The scene on show, from 0. */
  readonly at: number;
}

export interface ScenesSlice {
  /** The user's own, in order. */
  readonly own: readonly Scene[];
  /** Why a file could not be opened, or a scene not be added. */
  readonly problem: string | undefined;
  readonly presenting: Presentation | undefined;
  /** Add the page as it is now. */
  addCurrent(): void;
  /** Add scenes after the user's own. */
  add(scenes: readonly Scene[]): void;
  edit(at: number, change: Partial<Pick<Scene, 'title' | 'caption'>>): void;
  move(at: number, by: number): void;
  remove(at: number): void;
  openFile(file: File): Promise<void>;
  present(scenes: readonly Scene[], at?: number): void;
  go(at: number): void;
  /** End the presentation; the page stays at its scene. */
  leave(): void;
}

/** The settings that show the page as it is: with the segment on show, unless it is the newest. */
export function currentAddress({ experiment, stream }: Pick<State, 'experiment' | 'stream'>): string {
  const showsDocument = experiment.view === 'stream' || experiment.view === 'inside';
  if (!showsDocument || stream.following || stream.seen === 0) return writeAddress(experiment);
  return writeAddress({ ...experiment, stream: { ...experiment.stream, at: stream.current + 1 } });
}

/** A title for the page as it is. */
function currentTitle({ experiment, stream }: Pick<State, 'experiment' | 'stream'>): string {
  const { view } = experiment;
  const { log, following, current } = stream;
  if ((view !== 'stream' && view !== 'inside') || !log) return viewTitles[view];
  return following
    ? `${viewTitles[view]}: ${log.total} segments`
    : `${viewTitles[view]}: segment ${current + 1} of ${log.total}`;
}

const note = 'scenes';
const visitNote = 'presenting';

export function scenesSlice({ environment, get, change }: SliceTools<ScenesSlice>): ScenesSlice {
  const { notes, visit } = environment;
  const keep = (own: readonly Scene[]) => {
    change({ own, problem: undefined });
    notes?.keep(note, own.length > 0 ? own : undefined);
  };
  const show = (presenting: Presentation) => {
    const scene = presenting.scenes[presenting.at];
    if (!scene) return;
    change({ presenting });
    visit?.keep(visitNote, presenting);
    get().experiment.open(scene.address);
  };
  const interrupted = (): Presentation | undefined => {
    const kept = visit?.recall(visitNote) as Partial<Presentation> | undefined;
    const scenes = scenesOf(kept?.scenes);
    const at = kept?.at;
    return scenes && typeof at === 'number' && scenes[at] ? { scenes, at } : undefined;
  };
  return {
    own: scenesOf(notes?.recall(note)) ?? [],
    problem: undefined,
    // A reload does not end it; the address is that of its scene.
    presenting: interrupted(),
    addCurrent() {
      get().scenes.add([{ address: currentAddress(get()), title: currentTitle(get()), caption: '' }]);
    },
    add(scenes) {
      const { own } = get().scenes;
      const free = mostScenes - own.length;
      keep([...own, ...scenes.slice(0, free)]);
      if (scenes.length > free)
        change({ problem: `A list has at most ${mostScenes} scenes. Remove some of yours to add others.` });
    },
    edit: (at, part) => keep(get().scenes.own.map((scene, i) => (i === at ? { ...scene, ...part } : scene))),
    move(at, by) {
      const { own } = get().scenes;
      const to = at + by;
      const moved = own[at];
      if (!moved || to < 0 || to >= own.length) return;
      const rest = own.filter((_, i) => i !== at);
      keep([...rest.slice(0, to), moved, ...rest.slice(to)]);
    },
    remove: (at) => keep(get().scenes.own.filter((_, i) => i !== at)),
    async openFile(file) {
      try {
        get().scenes.add(parseSceneFile(await file.text()));
      } catch (error) {
        change({ problem: `${file.name} could not be opened. ${sentenceOf(error)} Your scenes are unchanged.` });
      }
    },
    present: (scenes, at = 0) => show({ scenes, at }),
    go(at) {
      const { presenting } = get().scenes;
      if (presenting) show({ ...presenting, at: Math.max(0, Math.min(presenting.scenes.length - 1, at)) });
    },
    leave() {
      change({ presenting: undefined });
      visit?.keep(visitNote, undefined);
    },
  };
}
