// Every control has a name and an explanation on hover.
import type { ComponentType } from 'react';
import { expect, it } from 'vitest';
import { document as documentRead } from '../../testing/events.ts';
import { renderPage } from '../../testing/playground.tsx';
import { Compute } from './Compute.tsx';
import { Device } from './Device.tsx';
import { Extrapolate } from './Extrapolate.tsx';
import { Runs } from './Runs.tsx';
import { Stream } from './Stream.tsx';
import { Train } from './Train.tsx';

const controls = 'input:not([hidden]), select, button, textarea';

function isExplained(control: Element): boolean {
  const described = control.getAttribute('aria-describedby')?.split(' ') ?? [];
  const help = described.map((id) => document.getElementById(id)?.textContent ?? '').join('');
  const title = control.closest('[title]')?.getAttribute('title') ?? '';
  return help.length >= 10 || title.length >= 10;
}
/** A glossary term is itself an explanation, and so is visible text. */
const explainsItself = (control: Element) =>
  control.hasAttribute('popovertarget') || control.closest('[role="note"], .plain, ul[aria-label], ol[aria-label]');

it.each<readonly [string, ComponentType]>([
  ['Stream', Stream],
  ['Train', Train],
  ['Extrapolate', Extrapolate],
  ['Compute', Compute],
  ['Runs', Runs],
  ['Device', Device],
])('every control of %s explains itself', async (name, View) => {
  const page = await renderPage(<View />);
  if (name === 'Stream') (await page.asked('stream')).send(...documentRead(8));
  const found = [...document.querySelectorAll(controls)];
  expect(found.length).toBeGreaterThan(0);
  const silent = found.filter((control) => !isExplained(control) && !explainsItself(control));
  expect(silent.map((control) => control.outerHTML.slice(0, 160))).toEqual([]);
});
