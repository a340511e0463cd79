// A list of scenes that are given: each can be opened, and the list presented from any of them.
import type { Scene } from '../../store/scenes.ts';
import { useActions } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import css from './Scenes.module.css';

export function SceneList({ scenes, label }: { readonly scenes: readonly Scene[]; readonly label: string }) {
  const { present } = useActions().scenes;
  return (
    <>
      <p className={layout.actions}>
        <button
          type="button"
          className={buttons.primary}
          title="Show the scenes one after the other, for a projector: Page Up and Page Down, or the arrow keys; Escape leaves"
          onClick={() => present(scenes)}
        >
          Present {scenes.length} {scenes.length === 1 ? 'scene' : 'scenes'}
        </button>
      </p>
      <ol className={css.scenes} aria-label={label}>
        {scenes.map(({ address, title, caption }, i) => (
          <li key={i} className={css.scene}>
            <a href={address}>{title}</a>
            <p>{caption}</p>
            <button
              type="button"
              className={buttons.plain}
              aria-label={`Present from “${title}”`}
              onClick={() => present(scenes, i)}
            >
              Present from here
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
