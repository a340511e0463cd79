// Files dropped anywhere on the page go to the current view.
import { useEffect } from 'react';
import { takeFiles } from '../store/take-files.ts';
import { droppedFiles } from './controls/dropped-files.ts';
import { useStoreApi } from './playground.tsx';

export function useDrop(): void {
  const playground = useStoreApi();
  useEffect(() => {
    const allow = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      // A button that accepts files has already handled it.
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer)
        void droppedFiles(event.dataTransfer).then((files) => takeFiles(files, playground.getState()));
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, [playground]);
}
