// Files dropped anywhere on the page go where the view shown can use them.
import { useEffect } from 'react';
import { getPlayground } from '../store/client.ts';
import { isTraining } from '../store/run.ts';

async function take(file: File): Promise<void> {
  const { experiment, models, run } = getPlayground();
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (experiment.view === 'train') {
    if (isTraining(run.status)) return;
    if (file.name.endsWith('.safetensors')) run.resumeFile(file.name, bytes);
    else run.setNoise({ name: file.name, text: new TextDecoder().decode(bytes) });
    return;
  }
  models.addFile(file.name, bytes);
  const settings = { model: `file:${file.name}`, task: undefined };
  if (experiment.view === 'stream') experiment.setStream(settings);
  else experiment.setEvaluate(settings);
}

export function useDrop(): void {
  useEffect(() => {
    const allow = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      // A button that takes files has had it already.
      if (event.defaultPrevented) return;
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) void take(file);
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, []);
}
