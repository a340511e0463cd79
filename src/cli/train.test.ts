// rmt train: its output, interruption and resuming, and what it refuses.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../models/checkpoint.ts';
import { command, type Outcome, rmt } from '../testing/cli.ts';
import { filesIn, golden, jsonLines, longRun, refused, smallRun, timeless, workFolder } from '../testing/cli-runs.ts';
import { allMetrics } from '../train/metrics.ts';

const { folder, newFolder, remove, write } = workFolder();
afterAll(remove);

const complete = join(folder, 'complete');
const completeCheckpoint = join(complete, 'checkpoint.safetensors');
let trained: Outcome;

beforeAll(async () => {
  trained = await rmt([...longRun, '--out', complete]);
});

describe('train', () => {
  it('prints JSON Lines, and writes the same to the metrics next to the checkpoint', () => {
    expect(trained.errors).toEqual([]);
    expect(trained.status).toBe(0);
    expect(filesIn(complete)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    const lines = jsonLines(trained.stdout);
    const end = lines.at(-1);
    expect(end).toEqual({
      type: 'end',
      step: 60,
      finished: true,
      seconds: expect.any(Number),
      checkpoint: completeCheckpoint,
      suspicions: expect.any(Array),
    });
    const metrics = readFileSync(join(complete, 'metrics.jsonl'), 'utf8');
    expect(jsonLines(metrics)).toEqual(lines.slice(0, -1));

    const steps = lines.filter(({ type }) => type === 'step');
    expect(steps.map(({ step, stage }) => [step, stage])).toEqual(
      Array.from({ length: 60 }, (_, i) => [i + 1, i < 30 ? 1 : 2]),
    );
    for (const { type, step, stage, segments, ...measured } of steps) {
      expect(Object.keys(measured)).toEqual(allMetrics.map(({ json }) => json));
      expect(Object.values(measured).every(Number.isFinite)).toBe(true);
    }
    const validations = lines.filter(({ type }) => type === 'validation');
    // Before the first step, every 7 steps of a stage, and at its end.
    expect(validations.map(({ step }) => step)).toEqual([0, 7, 14, 21, 28, 30, 37, 44, 51, 58, 60]);
    for (const { segments, stage, samples, accuracy } of validations) {
      expect([segments, samples]).toEqual([stage, 8]);
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
    const { task, training, vocabulary } = readCheckpoint(readFileSync(completeCheckpoint), 'complete');
    expect(task).toMatchObject({ id: 'memorize' });
    expect(training).toMatchObject({ config: { hidden_size: 8, stage_steps: [30] }, progress: { step: 60 } });
    expect(vocabulary?.length).toBeGreaterThan(20);
  });

  it('saves when interrupted, and --resume reaches the result of an uninterrupted run', async () => {
    const out = join(newFolder(), 'run');
    let sent = false;
    const interrupted = await rmt([...longRun, '--out', out], {
      onLine: (line, child) => {
        if (sent || !line.includes('"step":9,')) return;
        sent = true;
        child.kill('SIGINT');
      },
    });
    expect(interrupted.errors).toEqual([]);
    expect(interrupted.status).toBe(128 + constants.signals.SIGINT);
    expect(filesIn(out)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    const end = jsonLines(interrupted.stdout).at(-1);
    expect(end).toMatchObject({ type: 'end', finished: false });
    const step = Number(end?.['step']);
    expect(step).toBeGreaterThanOrEqual(9);
    expect(step).toBeLessThan(60);
    expect(readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out').training).toMatchObject({
      progress: { step },
    });

    // As after a crash some steps after the checkpoint, in the middle of a line.
    const metricsFile = join(out, 'metrics.jsonl');
    const metrics = readFileSync(metricsFile, 'utf8');
    expect(timeless(jsonLines(metrics))).toEqual(timeless(jsonLines(interrupted.stdout).slice(0, -1)));
    writeFileSync(metricsFile, `${metrics}{"type":"step","step":${step + 1},"loss":5}\n{"type":"st`);

    const resumed = await command(['train', '--out', out, '--resume', '--json']);
    expect(resumed.errors).toEqual([]);
    expect(resumed.status).toBe(0);
    const expected = readFileSync(join(complete, 'metrics.jsonl'), 'utf8');
    expect(timeless(jsonLines(readFileSync(metricsFile, 'utf8')))).toEqual(timeless(jsonLines(expected)));
    expect(readFileSync(join(out, 'checkpoint.safetensors')).equals(readFileSync(completeCheckpoint))).toBe(true);
    expect(jsonLines(resumed.stdout)[0]).toMatchObject({ step: step + 1 });
  });

  it('prints its progress, with a text as noise', async () => {
    const noise = write('noise.txt', 'Zebras ponder. Zebras wander; slowly, they wonder!');
    const out = join(newFolder(), 'run');
    const words = smallRun.filter((word) => word !== '--json');
    const outcome = await command([...words, '--set', 'stage_steps=2', '--noise', noise, '--out', out]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/^finished after 4 steps, .*checkpoint\.safetensors\n(?:.* commonest answer.*\n)?$/);
    expect(outcome.errors.join('\n')).toMatch(/parameters.*GPU bytes.*hidden_size=8/);
    expect(outcome.errors.join('\n')).toMatch(/stage 2 of 2: 2 segments/);
    const { vocabulary } = readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out');
    expect(vocabulary).toEqual(expect.arrayContaining(['zebras', 'wonder', ';']));
  });

  it('does not resume a finished run', async () => {
    const out = join(newFolder(), 'run');
    cpSync(complete, out, { recursive: true });
    const { status, stdout } = await command(['train', '--resume', '--out', out]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^finished after 60 steps, /);
    for (const file of filesIn(complete))
      expect(readFileSync(join(out, file)).equals(readFileSync(join(complete, file)))).toBe(true);
  });

  it('starts from the weights of a checkpoint, with its model and, by default, its other settings', async () => {
    const out = join(newFolder(), 'run');
    const from = ['train', '--from', completeCheckpoint, '--set', 'stages=2', '--set', 'stage_steps=2', '--json'];
    const { status, stdout, errors } = await command([...from, '--set', 'trained=memory-and-head', '--out', out]);
    expect(errors).toEqual([]);
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ step: 2, finished: true });
    const saved = readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out');
    expect(saved.training).toMatchObject({
      config: { hidden_size: 8, trained: 'memory-and-head', batch_size: 4 },
      origin: { name: completeCheckpoint, size: readFileSync(completeCheckpoint).length },
    });
    // A run that has one continues from its own.
    const resumed = await command(['train', '--resume', '--out', out, '--json']);
    expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({ step: 2, finished: true });
    const preset = ['train', '--from', completeCheckpoint, '--preset', 'memorize', '--out', 'x'];
    expect(await refused([...preset, '--set', 'hidden_size=64'], 2)).toBe(
      `train: --set hidden_size: 64 (expected 8, as in checkpoint ${completeCheckpoint})`,
    );
    expect(await refused([...preset, '--resume'], 2)).toMatch(
      /^train: both --resume and --from \(expected one of them; /,
    );
    expect(await refused([...from, '--set', 'task=documents', '--out', 'x'], 2)).toMatch(/^train: segment_size: 11 /);
  });

  it('reads --config, which --set overrides', async () => {
    const { training } = readCheckpoint(readFileSync(completeCheckpoint), 'complete');
    const { config } = training as { config: Record<string, unknown> };
    const file = write('config.json', JSON.stringify({ ...config, stages: '1', stage_steps: 5, seed: 3 }));
    const out = join(newFolder(), 'run');
    const { status, stdout } = await command([
      'train',
      '--config',
      file,
      '--set',
      'stage_steps=2',
      '--out',
      out,
      '--json',
    ]);
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ step: 2, finished: true });
    const saved = readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out');
    expect(saved.training).toMatchObject({ config: { ...config, stages: [1], stage_steps: [2], seed: 3 } });
  });

  describe('refuses', () => {
    it('an --out that contains a run, which stays unchanged', async () => {
      const before = filesIn(complete).map((file) => readFileSync(join(complete, file)));
      expect(await refused([...longRun, '--out', complete], 2)).toBe(
        `train: --out ${complete}: already contains a run (expected a new folder, or --resume to continue that run)`,
      );
      expect(await refused([...longRun, '--set', 'seed=9', '--resume', '--out', complete], 2)).toMatch(
        /checkpoint\.safetensors: seed: 1 \(expected 9, as configured for the resumed run\)$/,
      );
      expect(filesIn(complete).map((file) => readFileSync(join(complete, file)))).toEqual(before);
    });

    it('to resume from a file that is no training checkpoint', async () => {
      const out = newFolder();
      const resume = ['train', '--resume', '--out', out];
      const file = join(out, 'checkpoint.safetensors');
      writeFileSync(file, 'hello, world');
      expect(await refused(resume, 2)).toMatch(
        /^checkpoint .*checkpoint\.safetensors: a text \(expected a safetensors file\)$/,
      );
      writeFileSync(file, readFileSync(`${golden}ragged.checkpoint.safetensors`));
      expect(await refused(resume, 2)).toMatch(/safetensors: no optimiser state \(expected a training checkpoint\)$/);
      expect(filesIn(out)).toEqual(['checkpoint.safetensors']);
    });

    it.each<[content: string, message: string | RegExp]>([
      ['{"seed": 1', /^: .+ \(expected JSON\)$/],
      ['[]', ': a list (expected an object of knob names and values)'],
      ['{"sead": 1}', `: sead: unknown key 'sead' (expected seed)`],
      ['{"hidden_size": 7}', ': hidden_size: 7 (expected a multiple of 4)'],
      ['{"stages": [1, "x"]}', ': stages: "x" (expected a whole number from 1 to 64)'],
    ])('the --config %s', async (content, message) => {
      const file = join(newFolder(), 'config.json');
      writeFileSync(file, content);
      const line = await refused(['train', '--config', file, '--out', 'x'], 2);
      expect(line.slice(0, `config ${file}`.length)).toBe(`config ${file}`);
      const rest = line.slice(`config ${file}`.length);
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    });

    it.each<[name: string, content: string | Uint8Array, message: string | RegExp]>([
      ['empty.txt', '', 'empty.txt: an empty file (expected a text in UTF-8)'],
      ['blank.txt', ' \n\t\n', 'blank.txt: no text (expected a text with at least one word)'],
      ['marks.txt', '... !?', 'marks.txt: no words (expected a text with at least one word)'],
      ['nul.bin', new Uint8Array(1000), 'nul.bin: binary data (expected a text in UTF-8)'],
      [
        'binary.bin',
        Uint8Array.from({ length: 1000 }, (_, i) => 128 + (i % 128)),
        'binary.bin: not UTF-8 at byte 0 (expected a text in UTF-8; save it as UTF-8)',
      ],
      [
        'long.txt',
        'word '.repeat(4 * 2 ** 20),
        'long.txt: more than 16777216 characters (expected a text of at most 16777216 characters)',
      ],
      [
        'huge.txt',
        new Uint8Array(64 * 2 ** 20 + 1),
        /^noise: .*huge\.txt has 67108865 bytes \(expected at most 67108864\)$/,
      ],
    ])('the --noise %s', async (name, content, message) => {
      const line = await refused([...smallRun, '--out', 'x', '--noise', write(name, content)], 2);
      if (typeof message === 'string') expect(line).toBe(message);
      else expect(line).toMatch(message);
    });
  });
});
