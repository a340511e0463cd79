// The page inside another one (?embed): the ribbon with its verdict, and a link to the whole page.
import { useEffect } from 'react';
import { linkTo } from '../../store/link.ts';
import { Alert } from '../controls/Alert.tsx';
import { usePlayground } from '../playground.tsx';
import { RibbonPlace } from '../ribbon/RibbonPlace.tsx';
import { DocumentPanel } from '../stream/DocumentPanel.tsx';
import { Recorded } from '../stream/Recorded.tsx';
import { useStreamOfSettings } from '../stream/use-stream-of-settings.ts';
import css from './Embedded.module.css';

/** The address of the whole page with the same settings. */
function wholePage(href: string, experiment: Parameters<typeof linkTo>[1]): string {
  const url = new URL(linkTo(href, experiment));
  url.searchParams.delete('embed');
  return url.href;
}

export function Embedded() {
  const isDue = useStreamOfSettings();
  const { log, seen, error, status } = usePlayground(({ stream }) => stream);
  const device = usePlayground((state) => state.device.status);
  const problem = usePlayground(({ models }) => (models.status === 'missing' ? models.problem : undefined));
  const experiment = usePlayground((state) => state.experiment);
  useEffect(() => {
    document.documentElement.setAttribute('data-alone', '');
    document.title = 'RMT Playground';
  }, []);
  return (
    <main className={css.embedded}>
      <h1 className={css.name}>
        Recurrent memory at work{' '}
        <a href={wholePage(window.location.href, experiment)} target="_blank" rel="noopener">
          Open in RMT Playground ↗
        </a>
      </h1>
      <Recorded />
      {log ? (
        <DocumentPanel log={log} seen={seen} />
      ) : (
        <RibbonPlace>
          {device === 'missing'
            ? 'This browser offers no WebGPU here. A recorded document is shown instead, if there is one.'
            : isDue || status === 'starting' || device === 'connecting'
              ? 'Preparing the GPU and the model …'
              : 'There is no document to show. Open the whole page to choose one.'}
        </RibbonPlace>
      )}
      <Alert>{error ?? problem}</Alert>
    </main>
  );
}
