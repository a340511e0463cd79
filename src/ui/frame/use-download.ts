// Saves requested files to disk, whatever the current view: a checkpoint, a folder for PyTorch, or a whole stream.
import { useEffect } from 'react';
import { useActions, usePlayground } from '../playground.tsx';
import { saveFile } from '../save-file.ts';

export function useDownload(): void {
  const actions = useActions();
  const download = usePlayground(({ run }) => run.download);
  const folder = usePlayground(({ takeHome }) => takeHome.download);
  const stream = usePlayground(({ capture }) => capture.download);
  const config = usePlayground(({ run }) => run.config);
  const name = config ? `${config.model}-${config.task}` : 'rmt';
  useEffect(() => {
    if (!download) return;
    saveFile(`${name}.safetensors`, download);
    actions.run.downloaded();
  }, [actions, download, name]);
  useEffect(() => {
    if (!folder) return;
    saveFile(folder.name, folder.content);
    actions.takeHome.downloaded();
  }, [actions, folder]);
  useEffect(() => {
    if (!stream) return;
    saveFile(stream.name, stream.content);
    actions.capture.downloaded();
  }, [actions, stream]);
}
