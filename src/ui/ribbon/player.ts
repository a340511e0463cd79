// Moves and draws one ribbon, outside React: a frame is drawn only while something moves or has changed.
import { paint } from '../canvas.ts';
import { setDrawing } from '../figure/recording.ts';
import type { Film } from './film.ts';
import { type Geometry, geometryOf, heightOf, type Size } from './geometry.ts';
import { paintRibbon } from './paint.ts';
import { Arcs } from './paint-arcs.ts';
import { advanced, atEnd, atStart, isFinished, type Playback } from './playback.ts';
import type { Scene } from './scene.ts';
import { eased, openingView, sameView, type View, viewAround } from './view.ts';

export interface Shown {
  readonly film: Film;
  readonly seen: number;
  readonly current: number;
  readonly width: number;
  readonly size: Size;
  /** Segments in view; undefined follows the reading, and afterwards shows all. */
  readonly span: number | undefined;
  /** Without motion: the finished picture. */
  readonly still: boolean;
  /** Whether more segments will come. */
  readonly reading: boolean;
  readonly colour: (name: string) => string;
}

/** Milliseconds. */
const reportEvery = 90;

export class Player {
  private shown: Shown | undefined;
  private playback: Playback = atStart;
  private view: View = { from: 0, to: 1 };
  private hover: Scene['hover'];
  private dragged: Scene['dragged'];
  private arcs = new Arcs();
  private pending = 0;
  private before = 0;
  private speed = 1;
  private reported: number | undefined;
  private reportedAt = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Called with the newest segment shown while it plays, and with undefined once it shows everything. */
    private readonly onPlay: (segment: number | undefined) => void = () => {},
  ) {}

  /** Draw this from now on. A film that is new is played from segment `from`, `speed` times as fast as the opening. */
  show(shown: Shown, from = 0, speed = 1): void {
    const isNew = shown.film !== this.shown?.film;
    const isOther = shown.width !== this.shown?.width || shown.span !== this.shown?.span;
    this.shown = shown;
    if (isNew) {
      this.arcs = new Arcs();
      this.playback = atEnd(Math.min(from, shown.seen), shown.film.total);
      this.speed = speed;
      this.reported = undefined;
    }
    if (shown.still) this.playback = atEnd(shown.seen, shown.film.total);
    if (isNew || shown.still || (isOther && this.view.to <= 1)) this.view = this.target();
    this.report(performance.now());
    this.schedule();
  }

  replay(): void {
    this.playback = atStart;
    this.speed = 1;
    if (this.shown) this.view = this.target();
    this.schedule();
  }

  /** Stop the motion: show everything that has been read. */
  finish(): void {
    if (this.shown) this.playback = atEnd(this.shown.seen, this.shown.film.total);
    this.schedule();
  }

  point(hover: Scene['hover'], dragged?: Scene['dragged']): void {
    this.hover = hover;
    this.dragged = dragged;
    this.schedule();
  }

  get geometry(): Geometry {
    const { width = 1, size = 'full', film } = this.shown ?? {};
    return geometryOf(width, this.view, size, film?.isNamed);
  }

  /** What is drawn now. */
  get scene(): (Scene & Shown) | undefined {
    const { shown, geometry, playback, hover, dragged, playing } = this;
    if (!shown) return undefined;
    // What is reported is a little late: the column follows at once, unless the user has gone elsewhere.
    const current = playing !== undefined && shown.current === this.reported ? playing : shown.current;
    return { ...shown, current, geometry, playback, hover, dragged };
  }

  /** The picture at the end of the motion, which an export draws. */
  private finished(scene: Scene & Shown): Scene {
    const { film, seen, width, size, span, current } = scene;
    const view = viewAround(current, span ?? film.total, film.total);
    const playback = atEnd(seen, film.total);
    return {
      ...scene,
      playback,
      geometry: geometryOf(width, view, size, film.isNamed),
      hover: undefined,
      dragged: undefined,
    };
  }

  release(): void {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
  }

  private target(): View {
    const { film, span, current, still } = this.shown ?? {};
    const total = film?.total ?? 1;
    if (span !== undefined) return viewAround(current ?? 0, span, total);
    const { head } = this.playback;
    return still || head >= total ? { from: 0, to: total } : openingView(head, total);
  }

  /** The newest segment shown while it plays; undefined once everything is shown, or nothing more will come. */
  private get playing(): number | undefined {
    const { shown, playback } = this;
    if (!shown || shown.still || isFinished(playback)) return undefined;
    const { film, seen, reading } = shown;
    if (!reading && playback.head >= seen && playback.head < film.total) return undefined;
    return Math.max(0, Math.min(seen, Math.ceil(playback.head - 0.45)) - 1);
  }

  /** Report where it is, a few times a second: the page draws more than the ribbon. Whether that is done. */
  private report(now: number): boolean {
    const { playing } = this;
    if (playing === this.reported) return true;
    if (playing !== undefined && this.reported !== undefined && now - this.reportedAt < reportEvery) return false;
    this.reported = playing;
    this.reportedAt = now;
    this.onPlay(playing);
    return true;
  }

  private schedule(): void {
    if (this.pending !== 0) return;
    this.before = performance.now();
    this.pending = requestAnimationFrame(this.frame);
  }

  private readonly frame = (now: number): void => {
    this.pending = 0;
    const { shown } = this;
    if (!shown) return;
    const { film, seen, still, width, size } = shown;
    const passed = Math.max(0, Math.min(250, now - this.before));
    film.extend();
    this.playback = still
      ? atEnd(seen, film.total)
      : advanced(this.playback, passed * this.speed, Math.min(seen, film.length), film.total);
    const target = this.target();
    // During the opening the view follows at once, since the head moves smoothly.
    const follows = shown.span === undefined && this.playback.head < film.total;
    this.view = still || follows ? target : eased(this.view, target, passed);
    const { scene } = this;
    if (scene && width > 0) {
      paint(this.canvas, width, heightOf(width, size), (context) => paintRibbon(context, scene, this.arcs));
      setDrawing(this.canvas, (context) => paintRibbon(context, this.finished(scene), this.arcs));
    }
    const { head } = this.playback;
    const moves = !isFinished(this.playback) && (head < Math.min(seen, film.length) || head >= film.total);
    const isReported = this.report(now);
    if (moves || !isReported || !sameView(this.view, target)) {
      this.before = now;
      this.pending = requestAnimationFrame(this.frame);
    }
  };
}
