// Import: reads a published model once, checks it, and reports what becomes of its tensors.
import type { Job } from '../job.ts';
import { importFiles } from '../model-files.ts';

export const importModel: Job<'import'> = {
  kind: 'import',
  queue: 'import',
  replaces: true,
  async *run({ reading }, request) {
    const { report, bytes, description } = await importFiles(request, reading);
    yield { type: 'import-end', report, bytes: bytes.length, answers: description.blueprint.answers };
  },
};
