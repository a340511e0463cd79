// Every job that a session can run, by its kind.
import type { JobKind } from '../../protocol/index.ts';
import type { Job } from '../job.ts';
import { associations } from './associations.ts';
import { attribute } from './attribute.ts';
import { bench } from './bench.ts';
import { capture } from './capture.ts';
import { check } from './check.ts';
import { connect } from './connect.ts';
import { describe } from './describe.ts';
import { estimate } from './estimate.ts';
import { evaluate } from './evaluate.ts';
import { exportFolder } from './export.ts';
import { generate } from './generate.ts';
import { holders } from './holders.ts';
import { importModel } from './import.ts';
import { inspect } from './inspect.ts';
import { lens } from './lens.ts';
import { look } from './look.ts';
import { measure } from './measure.ts';
import { patch } from './patch.ts';
import { probe } from './probe.ts';
import { stream } from './stream.ts';
import { train } from './train.ts';
import { tune } from './tune.ts';

export const jobs: { readonly [K in JobKind]: Job<K> } = {
  connect,
  describe,
  estimate,
  train,
  stream,
  capture,
  look,
  attribute,
  patch,
  inspect,
  evaluate,
  generate,
  lens,
  associations,
  probe,
  holders,
  import: importModel,
  export: exportFolder,
  bench,
  measure,
  check,
  tune,
};
