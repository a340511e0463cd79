// How much of a text the vocabulary covers, and what to do if it is too little.
import type { TextReport } from '../../protocol/index.ts';
import { reportText, reportWarning } from '../../text/text-report.ts';
import notices from '../styles/notices.module.css';
import typography from '../styles/typography.module.css';

export function TextCoverage({ report }: { readonly report: TextReport | undefined }) {
  if (!report) return null;
  const warning = reportWarning(report);
  return (
    <>
      <p className={typography.note}>{reportText(report)}</p>
      {warning !== undefined && (
        <p className={notices.alert} role="alert">
          {warning}
        </p>
      )}
    </>
  );
}
