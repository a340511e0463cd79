// The legend of the charts on Compute: a marker per model, a line style per kind of attention.
import { Marker } from '../charts/LineKey.tsx';
import legends from '../styles/legends.module.css';
import { strokeOf } from './look.ts';

interface LegendProps {
  readonly models: readonly { readonly name: string; readonly look: number }[];
}

const Way = ({ dashed, children }: { readonly dashed: boolean; readonly children: string }) => (
  <li>
    <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
      <line x1="0" y1="6" x2="34" y2="6" stroke="var(--ink)" strokeWidth="2" strokeDasharray={dashed ? '6 4' : '0'} />
    </svg>{' '}
    {children}
  </li>
);

export function Legend({ models }: LegendProps) {
  return (
    <ul className={legends.legend}>
      <Way dashed={false}>segments with memory</Way>
      <Way dashed>full attention</Way>
      {models.map(({ name, look }) => (
        <li key={name}>
          <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
            <Marker kind={look} cx={17} cy={6} stroke={strokeOf(look)} />
          </svg>{' '}
          {name}
        </li>
      ))}
    </ul>
  );
}
