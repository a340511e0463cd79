// Brings the panel that the address names into sight, and marks it as what a presentation shows.
import { useEffect } from 'react';
import { panels } from '../../store/panels.ts';
import { isStill } from '../media.ts';
import { usePlayground } from '../playground.tsx';

export function usePanel(): void {
  const panel = usePlayground(({ experiment, scenes }) => {
    // A scene of Stream is its ribbon unless it says otherwise.
    if (experiment.panel === undefined && scenes.presenting && experiment.view === 'stream') return 'ribbon';
    return experiment.panel;
  });
  // Another scene scrolls again.
  const scene = usePlayground(({ scenes }) => scenes.presenting?.at);
  useEffect(() => {
    const view = document.getElementById('view');
    if (!panel || !view) return;
    void scene;
    let marked: Element | undefined;
    const mark = () => {
      const found = view.querySelector(`[aria-label="${panels[panel].region}"]`);
      if (!found || found === marked) return;
      marked?.removeAttribute('data-stage');
      marked = found;
      found.setAttribute('data-stage', '');
      found.scrollIntoView({ block: 'start', behavior: isStill() ? 'auto' : 'smooth' });
    };
    mark();
    // Views and charts load when they are needed.
    const observer = new MutationObserver(mark);
    observer.observe(view, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      marked?.removeAttribute('data-stage');
    };
  }, [panel, scene]);
}
