// How far a measurement of Capacity has come: which model, and what of it.
import { catalogue } from '../../models/catalogue.ts';
import { type Entry, memoryKnob } from '../../store/capacity-plan.ts';
import { duration, integer } from '../format.ts';
import { usePlayground } from '../playground.tsx';
import meters from '../styles/meters.module.css';
import typography from '../styles/typography.module.css';

/** The share of a trained model's progress that is its training. */
const TRAINING = 0.9;

export function CapacityProgress() {
  const { status, plan, done } = usePlayground(({ capacity }) => capacity);
  const title = usePlayground(({ models }) => models.title);
  const { progress, latest } = usePlayground(({ run }) => run);
  const evaluation = usePlayground(({ evaluate }) => evaluate.results.findLast((result) => result.settings));
  const entry = plan[done];
  if (plan.length === 0) return null;
  if (status === 'idle' || !entry)
    return (
      <p role="status" className={typography.note}>
        {done === plan.length ? 'Finished.' : `Ended after ${done} of ${plan.length} models.`}
      </p>
    );
  const trained = status === 'training' && progress ? progress.step / progress.steps : 0;
  const isReading = status === 'evaluating' && evaluation?.status === 'running';
  const total = isReading ? Object.values(evaluation.settings ?? {}).flat().length * evaluation.samples : 1;
  const read = isReading ? evaluation.points.reduce((sum, { samples }) => sum + samples, 0) : 0;
  const before = entry.kind === 'train' ? TRAINING : 0;
  const share = status === 'training' ? TRAINING * trained : before + (1 - before) * (read / total);
  return (
    <div className={meters.progress}>
      <progress aria-label="Measurement" max={plan.length} value={done + share} />
      <p>
        <span role="status">
          Model {done + 1} of {plan.length}: {status} {nameOf(entry, title)}
        </span>
        {status === 'training' && progress && ` · step ${integer(progress.step)} of ${integer(progress.steps)}`}
        {status === 'training' && latest?.remaining !== undefined && ` · ${duration(latest.remaining)} left`}
        {isReading && ` · ${integer(read)} of ${integer(total)} documents`}
      </p>
    </div>
  );
}

function nameOf(entry: Entry, title: (choice: string) => string): string {
  if (entry.kind === 'model') return title(entry.choice);
  const { model, num_mem_tokens: tokens, mem_len: cache } = entry.config;
  const memory = {
    num_mem_tokens: `, ${tokens} memory ${tokens === 1 ? 'token' : 'tokens'}`,
    mem_len: `, cache of ${cache}`,
    none: '',
  };
  return `${catalogue[model].title}${memory[memoryKnob(model) ?? 'none']}`;
}
