// How much of a text the vocabulary covers, and what to do if it is too little.
import { suspicionsOf } from '../../analysis/suspicion.ts';
import type { TextReport } from '../../protocol/index.ts';
import { reportText } from '../../text/text-report.ts';
import notices from '../styles/notices.module.css';
import typography from '../styles/typography.module.css';

interface Reported {
  readonly report: TextReport | undefined;
}

/** The coverage alone, beside figures whose suspicions are listed. */
export const TextNote = ({ report }: Reported) => report && <p className={typography.note}>{reportText(report)}</p>;

export const TextCoverage = ({ report }: Reported) => (
  <>
    <TextNote report={report} />
    {suspicionsOf({ words: report }).map(({ kind, sentence }) => (
      <p key={kind} className={notices.alert} role="alert">
        {sentence}
      </p>
    ))}
  </>
);
