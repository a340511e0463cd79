// The models of the hub that this browser keeps: opened, resumed, or removed.
import type { KeptModel } from '../../hub/model-shelf.ts';
import { TableScroll } from '../controls/TableScroll.tsx';
import { bytes } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';

interface KeptModelsProps {
  onOpen(choice: string | undefined): void;
}

export function KeptModels({ onOpen }: KeptModelsProps) {
  const kept = usePlayground(({ hub }) => hub.kept);
  if (kept.length === 0) return <p className={typography.note}>This browser keeps no downloaded model.</p>;
  return (
    <TableScroll label="Kept models">
      <table>
        <caption>Kept in this browser</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Licence</th>
            <th scope="col">Kept</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {kept.map((model) => (
            <Row key={`${model.id}@${model.revision}`} model={model} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function Row({ model, onOpen }: { readonly model: KeptModel } & KeptModelsProps) {
  const { hub } = useActions();
  const isDownloading = usePlayground((state) => state.hub.status === 'downloading');
  const { id, revision, licence, isComplete, stored, bytes: size } = model;
  return (
    <tr>
      <th scope="row">
        {id} <span className={typography.quiet}>{revision.slice(0, 7)}</span>
      </th>
      <td>{licence ?? 'not stated'}</td>
      <td className={tables.number}>
        {bytes(stored)}
        {!isComplete && ` of ${bytes(size)}`}
      </td>
      <td>
        <span className={layout.actions}>
          {isComplete ? (
            <button type="button" aria-label={`Open ${id}`} onClick={async () => onOpen(await hub.open(model))}>
              Open
            </button>
          ) : (
            <button
              type="button"
              aria-label={`Resume the download of ${id}`}
              disabled={isDownloading}
              onClick={async () => onOpen(await hub.download(model))}
            >
              Resume
            </button>
          )}
          <button
            type="button"
            aria-label={`Remove ${id} from this browser`}
            disabled={isDownloading}
            onClick={() => void hub.remove(model)}
          >
            Remove
          </button>
        </span>
      </td>
    </tr>
  );
}
