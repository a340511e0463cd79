// Export: a run as a folder for PyTorch, packed into one archive.
import { zipPieces } from '../../io/zip-write.ts';
import { takeHome } from '../../torch/take-home.ts';
import type { Job } from '../job.ts';

export const exportFolder: Job<'export'> = {
  kind: 'export',
  queue: 'export',
  replaces: true,
  async *run({ reading, training }, { folder, from, file, ...request }) {
    const start = from ? await training.bytesOf(from, reading) : file;
    const { files, facts } = await takeHome({ ...request, file: start, reading });
    const pieces = zipPieces(files.map(({ name, pieces }) => ({ name: `${folder}/${name}`, pieces })));
    const zip = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      zip.set(piece, at);
      at += piece.length;
    }
    yield { type: 'export-end', zip, facts };
  },
};
