// Saves a tensor, with all of its heads, as a safetensors file.
import { useState } from 'react';
import { sentenceOf } from '../../../store/error-text.ts';
import type { TensorShown } from '../../../store/slices/inspect.ts';
import { Alert } from '../../controls/Alert.tsx';
import { fileNameOf } from '../../figure/data.ts';
import { saveFile } from '../../save-file.ts';
import layout from '../../styles/layout.module.css';
import { titleOf } from './TensorMap.tsx';

export function SaveTensor({ shown }: { readonly shown: TensorShown }) {
  const [problem, setProblem] = useState<string>();
  const save = async () => {
    setProblem(undefined);
    try {
      const { tensorFile } = await import('../../../store/tensor-file.ts');
      saveFile(fileNameOf(titleOf(shown), shown.seen.model.name, 'safetensors'), tensorFile(shown));
    } catch (error) {
      setProblem(`The tensor could not be saved. ${sentenceOf(error)}`);
    }
  };
  return (
    <>
      <p className={layout.actions}>
        <button
          type="button"
          title="The tensor with all of its heads, without padding; words, segment and model are in the metadata"
          onClick={() => void save()}
        >
          Save as safetensors
        </button>
      </p>
      <Alert>{problem}</Alert>
    </>
  );
}
