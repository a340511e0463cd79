// The numbers behind compared groups of runs, for export: each run, and the mean of each group with its interval.
import {
  type Group,
  lengthPoints,
  type MeanPoint,
  meanOf,
  type RunPoint,
  validationPoints,
} from '../../store/groups.ts';
import type { Column, FigureData, Value } from '../figure/data.ts';

const about = (groups: readonly Group[]) => ({
  interval: '95 % interval of the mean over runs: mean ± t(n − 1) · s / √n, Student’s t',
  groups: groups.map(({ name, runs }) => ({
    name,
    runs: runs.map(({ name: run, config, files, evaluated }) => ({
      name: run,
      configuration: config,
      files,
      evaluated,
    })),
  })),
});

const head: readonly Column[] = [
  { name: 'group' },
  { name: 'kind' },
  { name: 'run' },
  { name: 'seed' },
  { name: 'runs' },
];
const interval = (name: string, unit: string): readonly Column[] => [
  { name, unit },
  { name: `${name} low`, unit },
  { name: `${name} high`, unit },
];

const values = ({ mean, low, high }: Pick<MeanPoint, 'mean' | 'low' | 'high'>): Value[] => [mean, low, high];

/** Rows of several quantities at the same x. */
function rows(
  { name, runs }: Group,
  at: readonly Value[],
  quantities: readonly ((run: Group['runs'][number]) => readonly RunPoint[])[],
): Value[][] {
  const single = runs.flatMap((run) => {
    const [first = [], ...others] = quantities.map((of) => of(run));
    return first.map(({ x, y }): Value[] => {
      const more = others.map((points) => points.find((point) => point.x === x)?.y);
      return [
        name,
        'run',
        run.name,
        run.config.seed,
        1,
        ...at,
        x,
        ...[y, ...more].flatMap((value) => [value, undefined, undefined]),
      ];
    });
  });
  const [first = [], ...others] = quantities.map((of) => meanOf(runs.map(of)));
  const mean = first.map((point): Value[] => {
    const more = others.map((points) => points.find(({ x }) => x === point.x));
    const numbers = [point, ...more].flatMap((each) => (each ? values(each) : [undefined, undefined, undefined]));
    return [name, 'mean', undefined, undefined, point.count, ...at, point.x, ...numbers];
  });
  return [...mean, ...single];
}

/** Validations by training step, on all numbers of segments. */
export function groupedValidations(groups: readonly Group[]): FigureData {
  return {
    subject: groups.map(({ name }) => name).join(' '),
    columns: [
      ...head,
      { name: 'segments' },
      { name: 'step' },
      ...interval('accuracy', '0 to 1'),
      ...interval('loss', 'nats'),
    ],
    rows: groups.flatMap((group) =>
      [...new Set(group.runs.flatMap(({ validations }) => [...validations.keys()]))]
        .sort((a, b) => a - b)
        .flatMap((segments) =>
          rows(
            group,
            [segments],
            [(run) => validationPoints(run, segments, 'accuracy'), (run) => validationPoints(run, segments, 'loss')],
          ),
        ),
    ),
    about: about(groups),
  };
}

/** Accuracy by number of segments. */
export function groupedLengths(groups: readonly Group[]): FigureData {
  return {
    subject: groups.map(({ name }) => name).join(' '),
    columns: [...head, { name: 'segments' }, ...interval('accuracy', '0 to 1')],
    rows: groups.flatMap((group) => rows(group, [], [lengthPoints])),
    about: about(groups),
  };
}
