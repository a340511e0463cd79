// The models to evaluate into one plot, one after the other.

import { ModelPicker } from '../controls/ModelPicker.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import css from './Models.module.css';

/** The number of distinguishable lines in a plot. */
const most = 16;

export function Models() {
  const { model, also } = usePlayground(({ experiment }) => experiment.evaluate);
  const bundled = usePlayground(({ models }) => models.bundled);
  const trained = usePlayground(({ run }) => run.onGpu || run.checkpoint !== undefined);
  const { setEvaluate } = useActions().experiment;
  const chosen = [model ?? bundled[0]?.file, ...also];
  const others = [...(trained ? ['training'] : []), ...bundled.map(({ file }) => file)];
  const next = others.find((each) => !chosen.includes(each)) ?? bundled[0]?.file;
  return (
    <div className={css.models}>
      <ModelPicker value={model} onChange={(choice) => setEvaluate({ model: choice, task: undefined })} />
      {also.map((choice, i) => (
        <div key={i} className={css.another}>
          <ModelPicker
            label={`Model ${i + 2}`}
            value={choice}
            onChange={(other) => setEvaluate({ also: also.map((each, j) => (j === i ? other : each)) })}
          />
          <button
            type="button"
            aria-label={`Remove model ${i + 2}`}
            onClick={() => setEvaluate({ also: also.filter((_, j) => j !== i) })}
          >
            Remove
          </button>
        </div>
      ))}
      {next !== undefined && chosen.length < most && (
        <button
          type="button"
          className={css.add}
          title="Evaluate another model with the same settings, in the same plot"
          onClick={() => setEvaluate({ also: [...also, next] })}
        >
          <span aria-hidden="true">+</span> Add a model
        </button>
      )}
    </div>
  );
}
