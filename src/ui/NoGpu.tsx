// The panel shown without WebGPU: why it is missing, what to do about it, and results recorded on other machines.

import { Alert } from './controls/Alert.tsx';
import { NumberHead } from './controls/NumberHead.tsx';
import { TableScroll } from './controls/TableScroll.tsx';
import { percent } from './format.ts';
import css from './NoGpu.module.css';
import { useActions, usePlayground } from './playground.tsx';
import buttons from './styles/buttons.module.css';
import sections from './styles/sections.module.css';
import tables from './styles/tables.module.css';
import typography from './styles/typography.module.css';

const causes = {
  insecure: {
    title: 'This address is not secure, so the browser hides WebGPU',
    text: 'WebGPU works only on pages served over https, or from localhost. Open this page under an https address, or from this machine as http://localhost.',
  },
  'no-webgpu': {
    title: 'This browser has no WebGPU',
    text: 'The page trains and runs its models on the GPU through WebGPU (navigator.gpu), which this browser does not support or has turned off.',
  },
  'no-adapter': {
    title: 'WebGPU is available, but no GPU adapter was found',
    text: 'The browser supports WebGPU but offers no adapter: it may block the graphics driver, hardware acceleration may be off, or the GPU process may have crashed.',
  },
  'no-device': {
    title: 'WebGPU is available, but this page could not open the GPU',
    text: 'The message below says why. The driver of the GPU need not be the cause: reload the page, update the browser, or try another one.',
  },
} as const;

const advice = [
  [
    'Chrome, Edge (113 or newer)',
    'Turn on “Use graphics acceleration when available” in the settings under System, restart, and check WebGPU on chrome://gpu.',
  ],
  [
    'Chrome on Linux',
    'Set the flags chrome://flags/#enable-unsafe-webgpu and #enable-vulkan to Enabled, or start with --enable-unsafe-webgpu --enable-features=Vulkan.',
  ],
  [
    'Without a GPU',
    'Start Chrome with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader: slow, but everything works.',
  ],
  [
    'Firefox',
    'Version 141 or newer on Windows, 145 or newer on a Mac with Apple silicon; elsewhere set dom.webgpu.enabled in about:config.',
  ],
  ['Safari', 'Version 26 or newer; in Safari 18 turn on WebGPU under Develop, Feature Flags.'],
] as const;

export function NoGpu() {
  const actions = useActions();
  const { obstacle, message } = usePlayground(({ device }) => device);
  const bundled = usePlayground(({ models }) => models.bundled);
  const cause = causes[obstacle ?? 'no-device'];
  return (
    <section className={sections.panel} aria-label="WebGPU is not available">
      <h2>{cause.title}</h2>
      <p>{cause.text}</p>
      <Alert>{message}</Alert>
      <h3>How to turn it on</h3>
      <dl className={css.advice}>
        {advice.map(([browser, what]) => (
          <div key={browser}>
            <dt>{browser}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      {(obstacle === 'no-adapter' || obstacle === 'no-device') && (
        <button type="button" className={buttons.primary} onClick={() => actions.device.connect()}>
          Try again
        </button>
      )}
      {bundled.length > 0 && (
        <>
          <h3>Results recorded on other machines</h3>
          <p className={typography.note}>
            Accuracy of the bundled checkpoints by number of segments, measured when they were made.
          </p>
          {bundled.map(({ file, title, accuracy, made }) => (
            <TableScroll key={file} label="Recorded accuracy">
              <table>
                <caption>
                  {title} ({made.adapter}, {made.date})
                </caption>
                <thead>
                  <tr>
                    <th scope="row">Segments</th>
                    {Object.keys(accuracy).map((segments) => (
                      <NumberHead key={segments}>{segments}</NumberHead>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  <tr>
                    <th scope="row">Accuracy</th>
                    {Object.entries(accuracy).map(([segments, share]) => (
                      <td key={segments} className={tables.number}>
                        {percent(share)}
                      </td>
                    ))}
                  </tr>
                </tbody>
              </table>
            </TableScroll>
          ))}
        </>
      )}
    </section>
  );
}
