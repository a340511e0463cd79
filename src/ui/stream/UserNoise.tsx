// A custom noise text, pasted or from a file, and which of its words the model does not know.
import { useId, useState } from 'react';
import { OpenFile } from '../controls/OpenFile.tsx';
import { whole } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './UserDocument.module.css';

const shownNoise = 60;

export function UserNoise() {
  const noise = usePlayground(({ stream }) => stream.noise);
  const report = usePlayground(({ stream }) => (stream.noise ? stream.log?.beginning.noise : undefined));
  const { setNoise } = useActions().stream;
  const [draft, setDraft] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const id = useId();
  const take = (name: string, text: string) => {
    if (text.trim() === '') return setProblem(`${name}: no text (expected words to read as noise)`);
    setProblem(undefined);
    setNoise({ name, text });
  };
  return (
    <fieldset className={css.part}>
      <legend>Noise</legend>
      <label htmlFor={id} className={css.noise}>
        <span>A text to read around the facts, round and round</span>
        <textarea
          id={id}
          title="Words that the model does not know are read as unknown ones"
          rows={3}
          value={draft}
          placeholder="Paste a text here"
          onChange={({ target }) => setDraft(target.value)}
        />
      </label>
      <p className={layout.actions}>
        <button
          type="button"
          title="Read the document again with this text around the facts"
          onClick={() => take('your text', draft)}
          disabled={draft.trim() === ''}
        >
          Use this text
        </button>
        <OpenFile
          accept=".txt,.md,text/plain"
          title="Read the noise from a text file, or drop one here"
          onFile={async (file) => {
            try {
              take(file.name, new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()));
            } catch {
              setProblem(`${file.name}: no UTF-8 (expected a text in UTF-8 to read noise from)`);
            }
          }}
        >
          Open text…
        </OpenFile>
        {noise && (
          <button type="button" onClick={() => setNoise(undefined)}>
            Built-in noise again
          </button>
        )}
      </p>
      {problem && (
        <p className={typography.problem} role="alert">
          {problem}
        </p>
      )}
      {noise && (
        <p className={typography.note} role="status">
          In use: {noise.name}, “{noise.text.trim().slice(0, shownNoise)}
          {noise.text.trim().length > shownNoise ? '…' : ''}”.{' '}
          {report &&
            (report.unknown === 0
              ? `The model knows all of its ${whole(report.words)} words.`
              : `${whole(report.unknown)} of its ${whole(report.words)} words are read as [UNK]: those the model has never seen, and names of places, which would state facts. ${whole(report.different)} different ones, such as ${report.examples.join(', ')}.`)}{' '}
          A link does not hold this text.
        </p>
      )}
    </fieldset>
  );
}
