// All terms of the page, with their meaning and source.

import typography from '../styles/typography.module.css';
import css from './Glossary.module.css';
import { terms } from './terms.ts';

export function Glossary() {
  return (
    <details className={css.glossary}>
      <summary>Glossary</summary>
      <dl>
        {Object.values(terms).map(({ name, meaning, source }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {meaning} <span className={typography.quiet}>Source: {source}.</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
