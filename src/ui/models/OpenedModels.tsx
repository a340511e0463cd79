// What opening a model leads to: why a file was refused, the panel of the hub, and the report of an import.
import { lazy, Suspense } from 'react';
import { Alert } from '../controls/Alert.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import typography from '../styles/typography.module.css';

// Most visits open no model.
const HubPanel = lazy(async () => ({ default: (await import('./HubPanel.tsx')).HubPanel }));
const ImportPanel = lazy(async () => ({ default: (await import('./ImportPanel.tsx')).ImportPanel }));

/** @param onOpen called with the choice that names an opened model */
export function OpenedModels({ onOpen }: { onOpen(choice: string): void }) {
  const { models } = useActions();
  const problem = usePlayground((state) => state.models.fileProblem);
  const isHubShown = usePlayground(({ hub }) => hub.isShown);
  const isImporting = usePlayground(({ imports }) => imports.status !== 'idle');
  const open = (choice: string | undefined) => {
    if (choice === undefined) return;
    models.dismissProblem();
    onOpen(choice);
  };
  return (
    <>
      <p className={typography.note}>
        Open files… accepts checkpoints of this page, and published BERT, GPT-2, Transformer-XL and official RMT models:
        select config.json, the weights (.safetensors, or .bin of PyTorch, whole or in shards) and the tokenizer’s files
        together, or drop their folder.
      </p>
      <Alert isReply>{problem}</Alert>
      <Suspense fallback={<p role="status">Opening …</p>}>
        {isHubShown && <HubPanel onOpen={open} />}
        {isImporting && <ImportPanel onOpen={open} />}
      </Suspense>
    </>
  );
}
