// All slices of the state: how each is created, and the jobs whose reports it receives.
import type { JobKind } from '../../protocol/index.ts';
import type { JobReport, SliceName, SliceTools, State } from '../state.ts';
import { associationsSlice } from './associations.ts';
import { attributeSlice } from './attribute.ts';
import { benchSlice } from './bench.ts';
import { capacitySlice } from './capacity.ts';
import { captureSlice } from './capture.ts';
import { checkSlice } from './check.ts';
import { deviceSlice } from './device.ts';
import { estimateSlice } from './estimate.ts';
import { evaluateSlice } from './evaluate.ts';
import { examplesSlice } from './examples.ts';
import { experimentSlice } from './experiment.ts';
import { generateSlice } from './generate.ts';
import { holdersSlice } from './holders.ts';
import { hubSlice } from './hub.ts';
import { importsSlice } from './imports.ts';
import { inspectSlice } from './inspect.ts';
import { lensSlice } from './lens.ts';
import { lookSlice } from './look.ts';
import { materialsSlice } from './materials.ts';
import { computeSlice } from './measure.ts';
import { modelsSlice } from './models.ts';
import { offlineSlice } from './offline.ts';
import { patchSlice } from './patch.ts';
import { probeSlice } from './probe.ts';
import { queueSlice } from './queue.ts';
import { runSlice } from './run.ts';
import { runsSlice } from './runs.ts';
import { scenesSlice } from './scenes.ts';
import { startSlice } from './start.ts';
import { streamSlice } from './stream.ts';
import { takeHomeSlice } from './take-home.ts';
import { tuneSlice } from './tune.ts';

/** The jobs whose reports a slice can receive. */
type JobsOf<S> = S extends { readonly receive: (report: infer R) => void }
  ? { readonly [K in JobKind]: JobReport<K> extends R ? K : never }[JobKind]
  : never;
interface Slice<N extends SliceName> {
  readonly create: (tools: SliceTools<State[N]>) => State[N];
  readonly jobs: readonly JobsOf<State[N]>[];
}

/** If several slices receive the same job, they get its reports in this order. */
export const slices = {
  device: { create: deviceSlice, jobs: ['connect', 'tune'] },
  experiment: { create: experimentSlice, jobs: [] },
  materials: { create: materialsSlice, jobs: [] },
  models: { create: modelsSlice, jobs: [] },
  imports: { create: importsSlice, jobs: ['import'] },
  hub: { create: hubSlice, jobs: [] },
  start: { create: startSlice, jobs: ['describe'] },
  run: { create: runSlice, jobs: ['train'] },
  runs: { create: runsSlice, jobs: [] },
  estimate: { create: estimateSlice, jobs: ['estimate', 'train'] },
  examples: { create: examplesSlice, jobs: ['train'] },
  stream: { create: streamSlice, jobs: ['stream'] },
  capture: { create: captureSlice, jobs: ['capture'] },
  look: { create: lookSlice, jobs: ['look'] },
  attribute: { create: attributeSlice, jobs: ['attribute'] },
  patch: { create: patchSlice, jobs: ['patch'] },
  inspect: { create: inspectSlice, jobs: ['inspect', 'train'] },
  generate: { create: generateSlice, jobs: ['generate'] },
  evaluate: { create: evaluateSlice, jobs: ['evaluate'] },
  lens: { create: lensSlice, jobs: ['lens'] },
  associations: { create: associationsSlice, jobs: ['associations'] },
  probe: { create: probeSlice, jobs: ['probe'] },
  holders: { create: holdersSlice, jobs: ['holders'] },
  capacity: { create: capacitySlice, jobs: [] },
  queue: { create: queueSlice, jobs: ['train'] },
  bench: { create: benchSlice, jobs: ['bench'] },
  compute: { create: computeSlice, jobs: ['measure'] },
  check: { create: checkSlice, jobs: ['check'] },
  takeHome: { create: takeHomeSlice, jobs: ['export'] },
  tune: { create: tuneSlice, jobs: ['tune'] },
  offline: { create: offlineSlice, jobs: [] },
  scenes: { create: scenesSlice, jobs: [] },
} as const satisfies { readonly [N in SliceName]: Slice<N> };

export const sliceNames = Object.keys(slices) as SliceName[];

/** The slices that receive the reports of a job; a job without a slice does not compile. */
type Taken = (typeof slices)[SliceName]['jobs'][number];
export const slicesOf = (kind: JobKind & Taken): readonly SliceName[] =>
  sliceNames.filter((name) => (slices[name].jobs as readonly JobKind[]).includes(kind));
