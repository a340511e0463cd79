// The runs trained in this browser: resume, compare, export and import.
import { lazy, Suspense, useEffect } from 'react';
import { classNames } from '../class-names.ts';
import { OpenFile } from '../controls/OpenFile.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import { Bin } from '../runs/Bin.tsx';
import { RunTable } from '../runs/RunTable.tsx';
import { SaveProblem } from '../runs/SaveProblem.tsx';
import { Space } from '../runs/Space.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import notices from '../styles/notices.module.css';
import sections from '../styles/sections.module.css';
import css from './Runs.module.css';

const CompareChart = lazy(() => import('../charts/CompareChart.tsx'));

/** A run can also be pasted, as a file or as text. */
function usePaste(): void {
  const { importFile } = useActions().runs;
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      const file = event.clipboardData?.files[0];
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (file) void importFile(file.name, file);
      else if (text.trim() !== '') void importFile('pasted text', new Blob([text]));
    };
    window.addEventListener('paste', paste);
    return () => window.removeEventListener('paste', paste);
  }, [importFile]);
}

export function Runs() {
  usePaste();
  const { status, visitOnly, problem, notice, entries, compared } = usePlayground(({ runs }) => runs);
  const { runs, experiment } = useActions();
  const shown = entries.filter(({ record }) => record?.deleted === undefined);
  return (
    <>
      <div className={layout.lead}>
        <h1>Your runs</h1>
        <p>
          Runs are saved in this browser during training, with their curves, and survive a reload or a crash. Nothing
          leaves this machine unless you export it.
        </p>
      </div>
      {visitOnly !== undefined && (
        <p className={notices.box} role="status">
          This browser does not allow storage here ({visitOnly}), as in a private window. Runs are lost when this page
          is closed. Export the ones you want to keep.
        </p>
      )}
      {problem && (
        <div className={notices.alert} role="alert">
          <p>{problem}</p>
          <button type="button" onClick={runs.dismissProblem}>
            Dismiss
          </button>
        </div>
      )}
      <SaveProblem />
      <section className={sections.panel} aria-label="Runs of this browser">
        <div className={css.bar}>
          <OpenFile
            title="Import a run exported from this page (.json), or one that comes back from PyTorch (run.zip, or checkpoint.safetensors with metrics.jsonl); or drop or paste it anywhere on this view"
            onFiles={(files) => void runs.importFiles(files)}
          >
            Import a run…
          </OpenFile>
          <p role="status" className={css.notice}>
            {notice}
          </p>
          <Space />
        </div>
        {shown.length > 0 ? (
          <RunTable entries={shown} />
        ) : (
          <p className={sections.placeholder}>
            {status === 'loading' ? 'Loading your runs …' : 'No runs yet. '}
            {status === 'ready' && (
              <button type="button" className={buttons.plain} onClick={() => experiment.show('train')}>
                Train the first one
              </button>
            )}
          </p>
        )}
      </section>
      <Bin />
      {compared.length > 0 && (
        <section className={classNames(sections.panel, sections.charts)} aria-label="Compared runs">
          <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
            <CompareChart
              compared={compared}
              present={undefined}
              curves={undefined}
              version={0}
              onDrop={(id) => void runs.compare(id, false)}
            />
          </Suspense>
        </section>
      )}
    </>
  );
}
