// The material of a task: built in, or the user's files, which are passed on without being read here.

import { sentenceOf } from '../../store/error-text.ts';
import { type Given, materialsFor } from '../../store/slices/materials.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { type Task, takesNoise } from '../../tasks/task.ts';
import { bytes, integer, percent } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import meters from '../styles/meters.module.css';
import typography from '../styles/typography.module.css';
import css from './Files.module.css';
import { OpenFile } from './OpenFile.tsx';
import { TextCoverage } from './TextCoverage.tsx';

interface FilesProps {
  readonly task: TaskId;
  readonly disabled?: boolean;
  /** The file that the model was trained on and needs again. */
  readonly needed?: string | undefined;
  /** The model reads any text, and none is built in. */
  readonly isAnyText?: boolean;
}

export function Files({ task, disabled = false, needed, isAnyText = false }: FilesProps) {
  const given = usePlayground(({ materials }) => materials.given);
  const problem = usePlayground(({ materials }) => materials.problem);
  const { give, giveFile } = useActions().materials;
  const { material }: Task = tasks[task];
  const noise = given.noise;
  const take = (file: File) => void giveFile(file, task);
  return (
    <>
      {material === 'stories' && (
        <Row
          name="Stories"
          file={described(given.stories)}
          builtIn={
            needed === undefined ? 'built-in stories about places' : `none yet; the model was trained on ${needed}`
          }
          button="Use a file of bAbI…"
          title="The stories and questions of bAbI, a task of it as published; or drop one here"
          disabled={disabled}
          isNeeded={needed !== undefined}
          onFile={take}
          onClear={() => give({ stories: undefined })}
        />
      )}
      {takesNoise(tasks[task]) && (
        <Row
          name="Noise"
          file={noise && `${noise.name} (${integer(noise.text.length)} characters)`}
          builtIn="built-in sentences"
          button="Use a text…"
          title="Use your own text as the noise between the facts, or drop one here"
          disabled={disabled}
          onFile={take}
          onClear={() => give({ noise: undefined })}
        />
      )}
      {material === 'text' && (
        <Row
          name="Text"
          file={described(given.text)}
          builtIn={
            isAnyText
              ? 'none yet; this model reads any text'
              : needed === undefined
                ? 'built-in stories'
                : `none yet; the model was trained on ${needed}`
          }
          button="Use a text…"
          title="Model your own text, JSON Lines, WikiText or enwik8, zipped or not; or drop one here. It is read in pieces and stays on this machine"
          disabled={disabled}
          isNeeded={needed !== undefined || isAnyText}
          onFile={take}
          onClear={() => give({ text: undefined })}
        />
      )}
      {material === 'documents' &&
        (
          [
            [
              'articles',
              'Articles',
              'The articles of Hyperpartisan as published (XML, zipped or not), or drop them here',
            ],
            ['labels', 'Labels', 'The labels of the articles (ground truth, XML, zipped or not), or drop them here'],
          ] as const
        ).map(([key, name, title]) => (
          <Row
            key={key}
            name={name}
            file={described(given[key])}
            builtIn={
              needed === undefined
                ? 'built-in reviews'
                : `none yet${key === 'articles' ? `; the model was trained on ${needed}` : ''}`
            }
            button="Use XML…"
            title={title}
            disabled={disabled}
            isNeeded={needed !== undefined}
            onFile={take}
            onClear={() => give({ [key]: undefined } as Given)}
          />
        ))}
      {material === 'documents' && Boolean(given.articles) !== Boolean(given.labels) && (
        <p className={typography.problem}>Articles and labels belong together. Choose both files.</p>
      )}
      {problem && (
        <p className={typography.problem} role="alert">
          {problem}
        </p>
      )}
      <Preview task={task} />
      <ReadingFile />
    </>
  );
}

const described = (file: File | undefined) => file && `${file.name} (${bytes(file.size)})`;

export interface RowProps {
  readonly name: string;
  readonly file: string | undefined;
  readonly builtIn: string;
  readonly button: string;
  readonly title: string;
  readonly disabled: boolean;
  readonly isNeeded?: boolean;
  /** Called with one file, or with all of those given at once. */
  readonly onFile?: (file: File) => void;
  readonly onFiles?: (files: readonly File[]) => void;
  onClear(): void;
}

export function Row({ name, file, builtIn, button, title, disabled, isNeeded, onFile, onFiles, onClear }: RowProps) {
  return (
    <div className={css.file}>
      <p>
        <strong>{name}</strong> {file ?? builtIn}
      </p>
      <OpenFile title={title} disabled={disabled} {...(onFiles ? { onFiles } : onFile ? { onFile } : {})}>
        {button}
      </OpenFile>
      {file && (
        <button type="button" title={`Stop using ${file}`} disabled={disabled} onClick={onClear}>
          {isNeeded ? 'Remove' : 'Use built-in'}
        </button>
      )}
    </div>
  );
}

/** What the beginning of the chosen text says, before a run reads it all. */
function Preview({ task }: { readonly task: TaskId }) {
  const all = usePlayground(({ materials }) => materials.given);
  const result = usePlayground(({ estimate }) => estimate.result);
  const { preview, given } = result ?? {};
  // Files of other tasks may be there too.
  const { text, noise } = materialsFor(task, all) ?? {};
  if (!preview || given?.text !== text || given?.noise !== noise) return null;
  return preview.problem === undefined ? (
    <TextCoverage report={preview.text} />
  ) : (
    <p className={typography.problem} role="alert">
      A run cannot read this text. {sentenceOf(preview.problem)} Choose another file.
    </p>
  );
}

/** The progress of reading a file. */
export function ReadingFile() {
  const reading = usePlayground(({ materials }) => materials.reading);
  return (
    <div className={meters.progress} role="status">
      {reading && (
        <>
          <progress aria-label={`Reading ${reading.name}`} value={reading.share} />
          <p>
            Reading {reading.name}: <span aria-hidden="true">{percent(reading.share)}</span>
          </p>
        </>
      )}
    </div>
  );
}
