// What the browser reports about the adapter, the kernels chosen for it, and all its features and limits.

import { adapterName } from '../../store/slices/device.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { bytes, integer } from '../format.ts';
import { usePlayground } from '../playground.tsx';
import badges from '../styles/badges.module.css';
import lists from '../styles/lists.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './AdapterFacts.module.css';
import { reasonOf, TuneButton } from './Kernels.tsx';
import { featuresUsed, inBytes, limitsThatMatter, ordered } from './limits.ts';

export const bySize = ({ small, large }: { readonly small: string; readonly large: string }) =>
  small === large ? small : `${small} for small problems, ${large} for large ones`;

export function AdapterFacts() {
  const { facts, details, status, message } = usePlayground(({ device }) => device);
  if (!facts || !details)
    return (
      <section className={sections.panel} aria-label="Adapter">
        <p role="status">{status === 'lost' ? `The GPU was lost: ${message ?? ''}` : 'Looking for a GPU …'}</p>
      </section>
    );
  const { info } = details;
  const others = Object.entries(info).filter(
    ([name]) => !['vendor', 'architecture', 'device', 'description', 'isFallbackAdapter'].includes(name),
  );
  return (
    <section className={sections.panel} aria-label="Adapter">
      <header className={sections.head}>
        <h2>{adapterName(facts)}</h2>
        <span className={badges.tag}>{facts.software ? 'software' : 'hardware'}</span>
      </header>
      {facts.software && (
        <p className={typography.note}>
          WebGPU runs on the CPU here: results are correct, but hundreds of times slower than on a GPU.
        </p>
      )}
      <dl className={lists.facts}>
        <dt>Vendor</dt>
        <dd>{info['vendor'] ?? 'not reported'}</dd>
        <dt>Architecture</dt>
        <dd>{info['architecture'] ?? 'not reported'}</dd>
        <dt>Device, driver</dt>
        <dd>{[info['device'], info['description']].filter(Boolean).join(' · ') || 'not reported'}</dd>
        {others.map(([name, value]) => [
          <dt key={`${name} name`}>
            <code>{name}</code>
          </dt>,
          <dd key={name}>{value}</dd>,
        ])}
        <dt>Matrix products</dt>
        <dd>{bySize(details.kernels.product)}</dd>
        <dt>Attention</dt>
        <dd>{bySize(details.kernels.attention)}</dd>
        <dt>Why these kernels</dt>
        <dd>{reasonOf(details, facts)}</dd>
      </dl>
      {!facts.software && <TuneButton lost={details.kernels.lost ?? []} />}
      <h3>Features that this page uses</h3>
      <ul className={css.used}>
        {Object.entries(featuresUsed).map(([name, use]) => {
          const has = details.features.includes(name);
          return (
            <li key={name}>
              <span aria-hidden="true">{has ? '✓' : '✗'}</span> <code>{name}</code>
              {has ? '' : ' (not available)'}: <span className={typography.quiet}>{use}</span>
            </li>
          );
        })}
      </ul>
      <details>
        <summary>All limits and features</summary>
        <TableScroll label="Limits of the adapter">
          <table className={css.limits}>
            <caption>Limits that this page uses come first</caption>
            <thead>
              <tr>
                <th scope="col">Limit</th>
                <NumberHead>Value</NumberHead>
                <th scope="col">Used for</th>
              </tr>
            </thead>
            <tbody>
              {ordered(details.limits).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">
                    <code>{name}</code>
                  </th>
                  <td className={tables.number}>
                    {integer(value)}
                    {inBytes(name) && <span className={typography.quiet}> ({bytes(value)})</span>}
                  </td>
                  <td className={typography.quiet}>{limitsThatMatter[name] ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
        <p className={css.features}>
          {details.features.map((name) => (
            <code key={name}>{name}</code>
          ))}
        </p>
      </details>
    </section>
  );
}
