// Saves a requested checkpoint to disk, whatever the current view.
import { useEffect } from 'react';
import { useActions, usePlayground } from '../playground.tsx';
import { saveFile } from '../save-file.ts';

export function useDownload(): void {
  const actions = useActions();
  const download = usePlayground(({ run }) => run.download);
  const config = usePlayground(({ run }) => run.config);
  const name = config ? `${config.model}-${config.task}` : 'rmt';
  useEffect(() => {
    if (!download) return;
    saveFile(`${name}.safetensors`, download);
    actions.run.downloaded();
  }, [actions, download, name]);
}
