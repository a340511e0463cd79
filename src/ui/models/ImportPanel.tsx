// The import of a published model: its progress, what became of its tensors, and the options to import it with.
import type { ImportReport } from '../../protocol/index.ts';
import { Alert } from '../controls/Alert.tsx';
import { bytes, count, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './ImportPanel.module.css';
import { ImportSettings } from './ImportSettings.tsx';

interface ImportPanelProps {
  onOpen(choice: string | undefined): void;
}

export function ImportPanel({ onOpen }: ImportPanelProps) {
  const { imports } = useActions();
  const { source, status, problem, report, bytes: size } = usePlayground((state) => state.imports);
  if (!source) return null;
  return (
    <section className={sections.panel} aria-label="Imported model">
      <header className={sections.head}>
        <h2>{source.name}</h2>
        <p className={typography.quiet} role="status">
          {{ idle: '', reading: 'Importing …', done: 'Imported', failed: 'Not imported' }[status]}
        </p>
        <button type="button" onClick={status === 'reading' ? imports.cancel : imports.dismiss}>
          {status === 'reading' ? 'Cancel' : 'Close'}
        </button>
      </header>
      {status === 'reading' && <Reading files={source.files} />}
      <Alert>{problem}</Alert>
      {report && <Report report={report} size={size} />}
      {status === 'done' && report && <Uses report={report} choice={source.choice} />}
      {status !== 'reading' && <ImportSettings onImport={async (options) => onOpen(await imports.again(options))} />}
    </section>
  );
}

/** What can be done with an imported model. */
function Uses({ report, choice }: { readonly report: ImportReport; readonly choice: string }) {
  const { experiment, start, stream } = useActions();
  const canSpell = report.tokenizer !== undefined;
  // A model of this page with memory around it: the new run starts from it already.
  const hasWords = report.words !== undefined;
  return (
    <>
      <p className={layout.actions}>
        <button
          type="button"
          onClick={() => {
            experiment.setStream({ model: choice, task: undefined, segments: undefined });
            stream.forget();
            experiment.show('stream');
          }}
        >
          Stream it
        </button>
        {!hasWords && (
          <button type="button" disabled={!canSpell} onClick={() => void start.fineTune()}>
            Fine-tune…
          </button>
        )}
      </p>
      {!canSpell && !hasWords && (
        <p className={typography.note}>
          Fine-tuning needs the model’s tokenizer, which spells the tasks. Open tokenizer.json, vocab.txt, or vocab.json
          and merges.txt together with the other files.
        </p>
      )}
    </>
  );
}

/** Progress in bytes of the files. */
function Reading({ files }: { readonly files: readonly File[] }) {
  const reading = usePlayground(({ materials }) => materials.reading);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const share = reading?.share ?? 0;
  return (
    <div className={meters.progress}>
      <progress aria-label="Importing" value={share} />
      <p>
        {bytes(share * total)} of {bytes(total)}
      </p>
    </div>
  );
}

/** Names by what happened to them. */
function grouped(pairs: readonly (readonly [what: string, name: string])[]): [what: string, names: string[]][] {
  const groups = new Map<string, string[]>();
  for (const [what, name] of pairs) groups.set(what, [...(groups.get(what) ?? []), name]);
  return [...groups];
}

function Report({ report, size }: { readonly report: ImportReport; readonly size: number }) {
  const {
    format,
    description,
    parameters,
    renamed,
    leftOut,
    initialised,
    assumed,
    converted,
    tokenizer,
    words,
    config,
  } = report;
  const fresh = grouped(initialised.map(({ name, how }) => [how, name]));
  const dropped = grouped(leftOut.map(({ name, why }) => [why, name]));
  return (
    <>
      <p>
        {format}: {description}, {count(parameters)} parameters ({bytes(size)}), {String(config['num_mem_tokens'] ?? 0)}{' '}
        memory tokens, segments of {String(config['segment_size'])} text tokens.{' '}
        <Tokenizer tokenizer={tokenizer} words={words} />
      </p>
      <ul className={css.report}>
        {fresh.map(([how, names]) => (
          <li key={how}>
            <strong>New, not trained</strong> ({how}): <Names names={names} />
          </li>
        ))}
        {assumed.map(({ field, value, why }) => (
          <li key={field}>
            <strong>Assumed</strong> {field} = {String(value)} ({why})
          </li>
        ))}
        {dropped.map(([why, names]) => (
          <li key={why}>
            <strong>Left out</strong> ({why}): <Names names={names} />
          </li>
        ))}
        {Object.entries(converted).map(([dtype, number]) => (
          <li key={dtype}>
            <strong>Converted</strong> to f32: {integer(number)} tensors of type {dtype}
          </li>
        ))}
        {renamed.length > 0 && (
          <li>
            <strong>Renamed</strong>: <Names names={renamed.map(({ from, to }) => `${from} → ${to}`)} />
          </li>
        )}
      </ul>
      <details>
        <summary>Configuration</summary>
        <dl className={css.config}>
          {Object.entries(config).map(([field, value]) => (
            <div key={field}>
              <dt>{field}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

function Tokenizer({ tokenizer, words }: { readonly [K in 'tokenizer' | 'words']: ImportReport[K] | undefined }) {
  if (words !== undefined) return <>Its vocabulary of {integer(words)} words is kept.</>;
  if (!tokenizer)
    return (
      <>
        <strong>No tokenizer</strong> is among the files, so the model cannot read texts: open it together with its
        tokenizer.json, its vocab.txt, or its vocab.json and merges.txt.
      </>
    );
  const { type, pieces, padding } = tokenizer;
  return (
    <>
      {type} tokenizer with {integer(pieces)} pieces
      {padding > 0 && `; ${integer(padding)} more rows of the word embedding are padding, which no text reaches`}.
    </>
  );
}

/** A few names; the others on request. */
function Names({ names }: { readonly names: readonly string[] }) {
  const most = 2;
  if (names.length <= most + 1) return <span className={css.names}>{names.join(', ')}</span>;
  return (
    <>
      {integer(names.length)} tensors
      <details className={css.more}>
        <summary>Names</summary>
        <p className={css.names}>{names.join(', ')}</p>
      </details>
    </>
  );
}
