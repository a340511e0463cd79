// A custom noise text, pasted or from a file, and which of its words the model does not know.
import { useId, useState } from 'react';
import { sentenceOf } from '../../store/error-text.ts';
import { longestNoise } from '../../text/text-noise.ts';
import { OpenFile } from '../controls/OpenFile.tsx';
import { integer } from '../format.ts';
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
    if (text.trim() === '') return setProblem(`${name} contains no text. Enter some words to use as noise.`);
    setProblem(undefined);
    setNoise({ name, text });
  };
  return (
    <fieldset className={css.part}>
      <legend>Noise</legend>
      <label htmlFor={id} className={css.noise}>
        <span>A text between the facts, repeated as needed</span>
        <textarea
          id={id}
          title="Words that the model does not know are read as [UNK]"
          rows={3}
          value={draft}
          placeholder="Paste a text here"
          onChange={({ target }) => {
            setDraft(target.value);
            setProblem(undefined);
          }}
        />
      </label>
      <p className={layout.actions}>
        <button
          type="button"
          title="Read the document again with this text as the noise"
          onClick={() => take('Your text', draft)}
          disabled={draft.trim() === ''}
        >
          Use this text
        </button>
        <OpenFile
          title="Read the noise from a text file, or drop one here"
          onFile={async (file) => {
            try {
              const { readWholeText } = await import('../../text/open-text.ts');
              const { name, text } = await readWholeText(file, longestNoise);
              take(name, text);
            } catch (error) {
              setProblem(`${sentenceOf(error)} The noise has not changed.`);
            }
          }}
        >
          Open text…
        </OpenFile>
        {noise && (
          <button
            type="button"
            onClick={() => {
              setProblem(undefined);
              setNoise(undefined);
            }}
          >
            Use built-in noise
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
              ? `The model knows all of its ${integer(report.words)} words.`
              : `${integer(report.unknown)} of its ${integer(report.words)} words are read as [UNK]: words the model has never seen, and names of places, which would state facts. ${integer(report.different)} are different, such as ${report.examples.join(', ')}.`)}{' '}
          Links do not contain this text.
        </p>
      )}
    </fieldset>
  );
}
