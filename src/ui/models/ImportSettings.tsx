// The options of an import: memory, segment length, and classes.
import { useState } from 'react';
import type { ImportOptions } from '../../protocol/index.ts';
import { Field } from '../controls/Field.tsx';
import { usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';

interface Setting {
  readonly key: keyof ImportOptions;
  readonly label: string;
  readonly help: string;
  readonly least: number;
}

const settings: readonly Setting[] = [
  {
    key: 'memory',
    label: 'Memory tokens',
    help: 'Memory tokens around a model that has none; they are new and have to be trained. Empty: those of the model, or 10 as in RMT-1M.',
    least: 0,
  },
  {
    key: 'segmentSize',
    label: 'Segment length',
    help: 'Text tokens of a segment. Empty: all that the model’s positions leave.',
    least: 1,
  },
  {
    key: 'labels',
    label: 'Classes',
    help: 'Classes of the head of a classifier. Empty: as many as the model has.',
    least: 1,
  },
];

const most = 65_536;

interface ImportSettingsProps {
  onImport(options: ImportOptions): void;
}

export function ImportSettings({ onImport }: ImportSettingsProps) {
  const options = usePlayground(({ imports }) => imports.options);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const textOf = (key: keyof ImportOptions) => typed[key] ?? String(options[key] ?? '');
  const problemOf = ({ key, least }: Setting) => {
    const text = textOf(key).trim();
    const number = Number(text);
    const isFine = text === '' || (Number.isInteger(number) && number >= least && number <= most);
    return isFine ? undefined : `A whole number from ${least} to ${most}, or nothing.`;
  };
  const isWrong = settings.some((setting) => problemOf(setting) !== undefined);
  const submit = () => {
    const given = settings.flatMap(({ key }) => {
      const text = textOf(key).trim();
      return text === '' ? [] : [[key, Number(text)] as const];
    });
    onImport(Object.fromEntries(given));
  };
  return (
    <form
      className={controls.row}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWrong) submit();
      }}
    >
      {settings.map((setting) => (
        <Field
          key={setting.key}
          label={setting.label}
          help={setting.help}
          className={controls.short}
          problem={problemOf(setting)}
        >
          {(ids) => (
            <input
              {...ids}
              type="text"
              inputMode="numeric"
              value={textOf(setting.key)}
              onChange={({ target }) => setTyped({ ...typed, [setting.key]: target.value })}
            />
          )}
        </Field>
      ))}
      <button type="submit" disabled={isWrong}>
        Import again
      </button>
    </form>
  );
}
