// The self-check: gradients of this GPU against an f64 reference, group by group, and the text for a bug report.
import { useEffect, useState } from 'react';
import type { CheckCase } from '../../protocol/index.ts';
import { type CheckResult, verdictOf } from '../../store/slices/check.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { count, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import lists from '../styles/lists.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import verdicts from '../styles/verdicts.module.css';
import { errorText, kernelTitles, modelTitles, reportText } from './report.ts';
import css from './SelfCheck.module.css';

const models = Object.keys(modelTitles) as CheckCase['model'][];

export function SelfCheck() {
  const { status, error, result } = usePlayground(({ check }) => check);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { start, stop } = useActions().check;
  const busy = status === 'starting' || status === 'running';
  return (
    <section className={sections.panel} aria-label="Self-check">
      <header className={sections.head}>
        <h2>Is this GPU computing correctly?</h2>
      </header>
      <p className={typography.note}>
        A small encoder and a small decoder read documents of two segments with memory, forward and backward, on this
        GPU. Loss and every gradient are compared with a double-precision reference on the CPU, whose gradients are
        finite differences of the loss. Drivers can have errors. Do not trust results from a GPU that fails this check.
      </p>
      <div className={layout.actions}>
        <button
          type="button"
          className={buttons.primary}
          title="Compare the results of this GPU with a double-precision reference"
          disabled={busy || !ready}
          onClick={start}
        >
          <span aria-hidden="true">✓</span> Check this GPU
        </button>
        <button type="button" title="Stop the check" disabled={!busy} onClick={stop}>
          Cancel
        </button>
        <CopyReport />
      </div>
      <CheckProgress />
      <Alert>{error}</Alert>
      {result && result.results.length > 0 && <Outcome result={result} />}
    </section>
  );
}

/** If the browser denies clipboard access, the text is shown for copying by hand. */
function CopyReport() {
  const { facts, details } = usePlayground(({ device }) => device);
  const { result, error, status } = usePlayground(({ check }) => check);
  const [said, setSaid] = useState<{ readonly copied: boolean; readonly text: string } | undefined>();
  // The text copied is of the check before.
  useEffect(() => setSaid(undefined), [status]);
  if (!facts || !details) return null;
  const copy = async () => {
    const text = reportText({ facts, details, check: result, error, userAgent: navigator.userAgent });
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid({ copied, text });
  };
  return (
    <>
      <button type="button" title="Adapter, limits and self-check, for a bug report" onClick={() => void copy()}>
        Copy as text
      </button>
      <span role="status" className={typography.quiet}>
        {said && (said.copied ? 'Copied.' : 'The browser denied access to the clipboard. Copy the text from here:')}
      </span>
      {said && !said.copied && (
        <textarea className={css.report} aria-label="Report" readOnly rows={12} value={said.text} />
      )}
    </>
  );
}

function CheckProgress() {
  const { status, result } = usePlayground(({ check }) => check);
  if (status === 'starting') return <p role="status">Probing the adapter …</p>;
  if (status !== 'running' || !result) return null;
  const { now, cases, results } = result;
  return (
    <div className={meters.progress}>
      <progress
        aria-label="Self-check"
        max={cases.length}
        value={results.length + (now ? (now.doing === 'gpu' ? 0.75 : 0.5 * now.share) : 0)}
      />
      <p role="status">
        {now
          ? `${modelTitles[now.of.model]}: ${
              now.doing === 'gpu' ? `${kernelTitles[now.of.kernels]} on the GPU` : 'computing the reference on the CPU'
            }`
          : 'Preparing …'}
      </p>
    </div>
  );
}

function Outcome({ result }: { readonly result: CheckResult }) {
  const { probe, tolerance, cases, results, status } = result;
  const { groups, failed } = verdictOf(results);
  const all = status === 'finished' && results.length === cases.length;
  return (
    <>
      {all && (
        <div className={verdicts.verdict} role="status">
          <p data-verdict={failed === 0 ? 'right' : 'wrong'}>
            <span aria-hidden="true">{failed === 0 ? '✓' : '✗'}</span>{' '}
            {failed === 0
              ? `This GPU passes: all ${integer(groups)} comparisons are within ${tolerance}.`
              : `This GPU fails: ${integer(failed)} of ${integer(groups)} comparisons are not within ${tolerance}. Do not trust its results; please report it with the text from “Copy as text”.`}
          </p>
        </div>
      )}
      {status === 'stopped' && <p className={typography.note}>Stopped. Results so far are kept.</p>}
      <dl className={classNames(lists.facts, css.facts)}>
        <dt>Matrix product</dt>
        <dd>
          {count(probe.matmulGflops)} GFLOP/s, probed at {probe.matmulSize}³
        </dd>
        <dt>Copy</dt>
        <dd>{count(probe.copyGBs)} GB/s, read and written</dd>
        {results.map(({ of, rows }) => {
          const worst = rows.reduce((most, row) => (Number.isNaN(most.error) || row.error <= most.error ? most : row));
          return [
            <dt key={`${of.model} ${of.kernels} name`}>
              {modelTitles[of.model]}, {kernelTitles[of.kernels]}
            </dt>,
            <dd key={`${of.model} ${of.kernels}`}>
              {rows.filter(({ passed }) => passed).length} of {rows.length} pass; largest error {errorText(worst.error)}
              , <code>{worst.group}</code>
            </dd>,
          ];
        })}
      </dl>
      {models.map((model) => (
        <Groups key={model} model={model} result={result} />
      ))}
      <p className={typography.note}>
        The error is the largest difference in a group, relative to the group’s largest gradient. The limit is{' '}
        {tolerance}. Single precision keeps seven digits, and WebGPU allows exp, tanh and division to be off by a few
        units in the last place, which causes errors of about 10⁻⁶ here; a wrong sign, index or factor causes errors
        thousands of times larger. The kernels for large problems, which large models use, run on the same small model
        here.
      </p>
    </>
  );
}

function Groups({ model, result }: { readonly model: CheckCase['model']; readonly result: CheckResult }) {
  const own = result.results.filter(({ of }) => of.model === model);
  const [first] = own;
  if (!first) return null;
  return (
    <TableScroll label={`Gradients, ${modelTitles[model]}`}>
      <table className={css.groups}>
        <caption>{modelTitles[model]}: largest relative error</caption>
        <thead>
          <tr>
            <th scope="col">Parameter group</th>
            <NumberHead>Numbers</NumberHead>
            {own.map(({ of }) => (
              <NumberHead key={of.kernels}>{kernelTitles[of.kernels].replace('kernels ', '')}</NumberHead>
            ))}
          </tr>
        </thead>
        <tbody>
          {first.rows.map(({ group, size }, i) => (
            <tr key={group}>
              <th scope="row">
                <code>{group}</code>
                {group === 'loss' && <span className={typography.quiet}> (forward)</span>}
              </th>
              <td className={tables.number}>{integer(size)}</td>
              {own.map(({ of, rows }) => {
                const row = rows[i];
                return (
                  <td key={of.kernels} className={classNames(tables.number, !row?.passed && css.failing)}>
                    {row ? `${errorText(row.error)} ${row.passed ? '✓ pass' : '✗ fail'}` : '–'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
