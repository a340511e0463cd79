// All terms of the page, with their meaning and source.
import { terms } from './terms.ts';
import './glossary.css';

export function Glossary() {
  return (
    <details className="glossary">
      <summary>Terms used here, and where they come from</summary>
      <dl>
        {Object.values(terms).map(({ name, meaning, source }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {meaning} <span className="source">Source: {source}.</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
