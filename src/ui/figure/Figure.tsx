// The frame of every figure: what it shows can be saved as PNG, SVG, CSV and JSON.
import { type ReactNode, useRef, useState } from 'react';
import { sentenceOf } from '../../store/error-text.ts';
import { linkTo } from '../../store/link.ts';
import { useStoreApi } from '../playground.tsx';
import { saveFile } from '../save-file.ts';
import buttons from '../styles/buttons.module.css';
import typography from '../styles/typography.module.css';
import { csvOf, type FigureData, fileNameOf, jsonOf } from './data.ts';
import css from './Figure.module.css';

interface FigureProps {
  /** A few words; also the file name. */
  readonly title: string;
  /** Everything it shows; called when the figure is saved. */
  readonly data: () => FigureData;
  /** Caption, legend, chart, canvas or table. Controls and tables in `details` are left out of the picture. */
  readonly children: ReactNode;
}

const kinds = {
  PNG: 'an image at twice its size on the screen',
  SVG: 'a vector drawing that can be scaled and edited',
  CSV: 'the numbers in full precision',
  JSON: 'the numbers with their configuration and link',
} as const;
type Kind = keyof typeof kinds;

async function contentOf(kind: Kind, title: string, data: FigureData, frame: HTMLElement, link: string) {
  const text = (content: string) => new TextEncoder().encode(content);
  if (kind === 'CSV') return text(csvOf(data));
  if (kind === 'JSON') return text(jsonOf(data, { title, link, made: new Date() }));
  // Loaded when a picture is saved.
  const { drawingOf, pngOf } = await import('./drawing.ts');
  const drawing = drawingOf(frame, title, `${data.subject}. ${link}`);
  return kind === 'SVG' ? text(drawing.svg) : pngOf(drawing);
}

export function Figure({ title, data, children }: FigureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const playground = useStoreApi();
  const [problem, setProblem] = useState<string | undefined>();
  const save = async (kind: Kind) => {
    if (!frame.current) return;
    setProblem(undefined);
    try {
      const numbers = data();
      const link = linkTo(window.location.href, { ...playground.getState().experiment, ...numbers.experiment });
      const content = await contentOf(kind, title, numbers, frame.current, link);
      saveFile(fileNameOf(title, numbers.subject, kind.toLowerCase()), content);
    } catch (error) {
      setProblem(`“${title}” could not be saved. ${sentenceOf(error)}`);
    }
  };
  return (
    <div className={css.frame} ref={frame}>
      {children}
      <fieldset className={css.tools} data-aside="" aria-label={`Save: ${title}`}>
        <span aria-hidden="true">Save</span>
        {(Object.keys(kinds) as Kind[]).map((kind) => (
          <button
            key={kind}
            type="button"
            className={buttons.plain}
            title={`${title} as ${kind}: ${kinds[kind]}`}
            onClick={() => void save(kind)}
          >
            {kind}
          </button>
        ))}
        {problem && (
          <span className={typography.problem} role="alert">
            {problem}
          </span>
        )}
      </fieldset>
    </div>
  );
}
