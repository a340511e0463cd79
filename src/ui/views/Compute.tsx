// The cost of reading a long text: by the formula of RMT-1M, and measured on the user's adapter.
import { useEffect, useMemo } from 'react';
import { layersText } from '../../analysis/layer-shape.ts';
import { type LayerModel, layersOfConfig } from '../../store/layer-model.ts';
import { Choice } from '../compute/Choice.tsx';
import { Formula } from '../compute/Formula.tsx';
import { Measured } from '../compute/Measured.tsx';
import { Alert } from '../controls/Alert.tsx';
import { OpenedModels } from '../models/OpenedModels.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';

/** The chosen layers; undefined while a checkpoint's header is being read, an error message if that fails. */
function useModel(): LayerModel | string | undefined {
  const actions = useActions();
  const choice = usePlayground(({ experiment }) => experiment.compute.model);
  // Another file of the same name is another model.
  const identity = usePlayground(({ models }) => choice && models.identity(choice));
  const config = usePlayground(({ experiment }) => experiment.config);
  const looked = usePlayground(({ compute }) => compute.looked);
  const listed = usePlayground(({ models }) => models.status);
  useEffect(() => {
    if (choice !== undefined && identity !== undefined && listed !== 'loading') void actions.compute.look(choice);
  }, [actions, choice, identity, listed]);
  return useMemo(
    () => (identity === undefined ? layersOfConfig(config) : looked[identity]),
    [identity, config, looked],
  );
}

export function Compute() {
  const actions = useActions();
  const missing = usePlayground(({ device }) => device.status === 'missing');
  const model = useModel();
  return (
    <>
      <div className={layout.lead}>
        <h1>Cost by length</h1>
        <p>
          Full attention compares every token with every other: twice the text costs up to four times as much. With
          memory, the text is read in segments of fixed length: twice the text costs twice as much and needs no more GPU
          memory. First by the formula of RMT-1M (Bulatov et al. 2023), then measured on this machine.
        </p>
      </div>
      <section className={sections.panel} aria-label="The model">
        <Choice />
        <p className={typography.note} role="status">
          {model === undefined && 'Reading the checkpoint …'}
          {typeof model === 'object' &&
            `${model.shape.kind === 'encoder' ? 'An encoder' : 'A decoder'} of ${layersText(model.shape)}; segments of ${model.segment} positions.`}
        </p>
        <Alert>{typeof model === 'string' && model}</Alert>
      </section>
      <OpenedModels onOpen={(chosen) => actions.experiment.setCompute({ model: chosen })} />
      <Formula model={typeof model === 'object' ? model : undefined} />
      {missing ? <NoGpu /> : <Measured model={typeof model === 'object' ? model : undefined} />}
    </>
  );
}
