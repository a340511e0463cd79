// What the pointer does on the ribbon: chooses a segment, a gap between two, or a word; drags a fact to another segment.
import { type PointerEvent, useRef } from 'react';
import { pointOn } from '../canvas.ts';
import { gapAt, segmentAt, threadAt } from './geometry.ts';
import { labelsOf, wordAt, wordsOf } from './paint-words.ts';
import type { Player } from './player.ts';
import type { Scene } from './scene.ts';

export interface Actions {
  onJump(segment: number): void;
  onGap(gap: number, thread: number | undefined, x: number): void;
  /** A word of a fact or the question; undefined: its label, which stands for the first word that can be edited. */
  onWord(segment: number, word: number | undefined, x: number): void;
  onMove(from: number, to: number): void;
}

type Target =
  | { readonly kind: 'word'; readonly segment: number; readonly word: number | undefined; readonly isFact: boolean }
  | { readonly kind: 'gap'; readonly gap: number; readonly thread: number | undefined }
  | { readonly kind: 'segment' };

const dragFrom = 5;

/** What is at a point of the ribbon. */
export function targetAt(scene: Scene, context: CanvasRenderingContext2D, x: number, y: number): Target {
  const { film, geometry } = scene;
  const { log } = film;
  const seen = film.length;
  if (y < geometry.words.bottom + 4) {
    const label = y < 26 ? labelsOf(context, scene).find((each) => x >= each.x && x <= each.x + each.width) : undefined;
    if (label && label.kind !== 'answer')
      return { kind: 'word', segment: label.index, word: undefined, isFact: label.kind === 'fact' };
    const segment = segmentAt(geometry, x, seen);
    const marks = log.segments[segment]?.marks ?? [];
    const word = geometry.detail === 'text' ? wordAt(wordsOf(context, log, geometry, segment), x, y)?.word : undefined;
    const mark = marks.find(
      ({ kind, start, end }) => word !== undefined && kind !== 'answer' && word >= start && word < end,
    );
    if (mark) return { kind: 'word', segment, word, isFact: mark.kind === 'fact' };
  }
  const near = y >= geometry.words.bottom && y <= geometry.threads.bottom + 8 && film.threads > 0;
  const gap = near ? gapAt(geometry, x, film.total) : undefined;
  if (gap !== undefined && gap < seen) return { kind: 'gap', gap, thread: threadAt(geometry, y, film.threads) };
  return { kind: 'segment' };
}

/** The handlers of the canvas. */
export function usePointer(player: () => Player | undefined, actions: Actions, canEdit: boolean) {
  const pressed = useRef<{ readonly target: Target; readonly x: number; moved: boolean } | undefined>(undefined);
  const look = (event: PointerEvent<HTMLCanvasElement>) => {
    const scene = player()?.scene;
    const context = event.currentTarget.getContext('2d');
    if (!scene || !context || scene.film.length === 0) return undefined;
    const { x, y } = pointOn(event.currentTarget, event);
    return { scene, x, y, target: targetAt(scene, context, x, y) };
  };
  const jump = (scene: Scene, x: number) => actions.onJump(segmentAt(scene.geometry, x, scene.film.length));
  return {
    onPointerDown(event: PointerEvent<HTMLCanvasElement>) {
      const found = look(event);
      if (!found) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      pressed.current = { target: found.target, x: found.x, moved: false };
      if (found.target.kind === 'segment' || !(canEdit || found.target.kind === 'gap')) jump(found.scene, found.x);
    },
    onPointerMove(event: PointerEvent<HTMLCanvasElement>) {
      const found = look(event);
      const press = pressed.current;
      if (!found) return;
      const { scene, x, target } = found;
      if (!press) {
        const isEditable = target.kind === 'word' && canEdit;
        event.currentTarget.style.cursor = isEditable ? (target.isFact ? 'grab' : 'text') : 'pointer';
        return player()?.point(target.kind === 'gap' ? target : undefined);
      }
      if (event.buttons === 0) return;
      press.moved ||= Math.abs(x - press.x) >= dragFrom;
      if (press.target.kind === 'word' && canEdit) {
        if (press.moved && press.target.isFact)
          player()?.point(undefined, {
            from: press.target.segment,
            to: segmentAt(scene.geometry, x, scene.film.total),
          });
      } else if (press.moved || press.target.kind === 'segment') {
        player()?.point(undefined);
        jump(scene, x);
      }
    },
    onPointerUp(event: PointerEvent<HTMLCanvasElement>) {
      const found = look(event);
      const press = pressed.current;
      pressed.current = undefined;
      player()?.point(undefined);
      if (!found || !press) return;
      const { scene, x } = found;
      const { target, moved } = press;
      if (target.kind === 'word' && canEdit) {
        if (!moved) actions.onWord(target.segment, target.word, x);
        else if (target.isFact) {
          const to = segmentAt(scene.geometry, x, scene.film.total);
          if (to !== target.segment) actions.onMove(target.segment, to);
        }
      } else if (target.kind === 'gap' && !moved) actions.onGap(target.gap, target.thread, x);
    },
    onPointerLeave() {
      if (!pressed.current) player()?.point(undefined);
    },
    onPointerCancel() {
      pressed.current = undefined;
      player()?.point(undefined);
    },
  };
}
