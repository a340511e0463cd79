// A child process of scripts/chaos.mjs: reads damaged inputs from case FROM to case TO. It writes the number of the case into
// a file before it begins with it, so that its parent knows which one it hangs in or dies of.
import { openSync, writeSync } from 'node:fs';
import { Random } from '../../src/random.ts';
import { damaged } from './mutate.ts';
import { isRefusal, readers } from './readers.ts';

const [root = '.', seed = '1', from = '0', to = '0', progress = ''] = process.argv.slice(2);
const all = await readers(root);
const lottery = all.flatMap((reader) => Array.from({ length: reader.weight }, () => reader));
const handle = openSync(progress, 'w');
// The commands print to the standard streams, and leave signal handlers.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
process.stderr.write = () => true;

const counts = new Map(all.map(({ name }) => [name, { read: 0, refused: 0 }]));
const failures: { case: number; reader: string; error: string }[] = [];
// A reader that refuses what its inputs are made from would see nothing but its first check.
if (Number(from) === 0)
  for (const reader of all) {
    const reasons: string[] = [];
    for (const bytes of reader.seeds)
      try {
        await reader.read(Uint8Array.from(bytes));
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    if (reasons.length === reader.seeds.length)
      failures.push({ case: -1, reader: reader.name, error: `refuses every undamaged input: ${reasons[0]}` });
  }
for (let number = Number(from); number < Number(to); number++) {
  const random = new Random(Number(seed), number);
  const reader = random.pick(lottery);
  writeSync(handle, `${number} ${reader.name}`.padEnd(80), 0);
  const bytes = damaged(random, random.pick(reader.seeds), random.pick(reader.seeds));
  const count = counts.get(reader.name) ?? { read: 0, refused: 0 };
  try {
    await reader.read(bytes);
    count.read++;
  } catch (error) {
    if (isRefusal(error)) count.refused++;
    else
      failures.push({
        case: number,
        reader: reader.name,
        error:
          error instanceof Error ? `${error.stack ?? error.message}`.split('\n').slice(0, 4).join(' ') : String(error),
      });
  }
}
const polluted = Object.keys(Object.prototype);
if (polluted.length > 0) failures.push({ case: -1, reader: 'all', error: `Object.prototype has ${polluted.join()}` });
write(`${JSON.stringify({ counts: Object.fromEntries(counts), failures })}\n`, () => process.exit());
