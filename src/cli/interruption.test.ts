// What a command leaves behind when it is interrupted, its outputs are closed, or two of them meet.
import { cpSync, existsSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../models/checkpoint.ts';
import { command, type Outcome, rmt } from '../testing/cli.ts';
import { filesIn, golden, jsonLines, longRun, smallRun, timeless, workFolder } from '../testing/cli-runs.ts';

const { folder, newFolder, remove } = workFolder();
afterAll(remove);

const complete = join(folder, 'complete');
const completeCheckpoint = join(complete, 'checkpoint.safetensors');

beforeAll(async () => {
  expect((await command([...longRun, '--out', complete])).status).toBe(0);
});

describe('a training run', () => {
  it('trains on when its outputs are closed', async () => {
    const out = join(newFolder(), 'run');
    const { errors, status } = await rmt([...longRun, '--out', out], {
      onLine: (_, child) => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      },
    });
    expect({ errors, status }).toEqual({ errors: [], status: 0 });
    expect(filesIn(out)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    expect(readFileSync(join(out, 'checkpoint.safetensors')).equals(readFileSync(completeCheckpoint))).toBe(true);
  });

  it.runIf(process.platform !== 'win32')(
    'saves when its terminal is closed, and says which signal ended it',
    async () => {
      const out = join(newFolder(), 'run');
      let sent = false;
      const { status, errors } = await rmt([...smallRun, '--set', 'stage_steps=5000', '--out', out], {
        onLine: (_, child) => {
          if (sent) return;
          sent = true;
          child.kill('SIGHUP');
        },
      });
      expect({ errors, status }).toEqual({ errors: [], status: 129 });
      expect(filesIn(out)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    },
  );

  it.runIf(process.platform !== 'win32')(
    'ended before its first step leaves nothing, and says which signal ended it',
    async () => {
      const cwd = newFolder();
      const lock = join(cwd, 'run', 'rmt.lock');
      const ended = rmt([...smallRun, '--set', 'stage_steps=5000', '--out', 'run'], { cwd });
      await expect.poll(() => existsSync(lock)).toBe(true);
      process.kill((JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid, 'SIGTERM');
      const { status, stdout, errors } = await ended;
      expect({ errors, status }).toEqual({ errors: [], status: 143 });
      // It may have taken a step before the signal arrived; then that step is saved.
      const saved = jsonLines(stdout).some(({ type }) => type === 'step');
      expect(filesIn(cwd)).toEqual(saved ? ['run', 'run/checkpoint.safetensors', 'run/metrics.jsonl'] : []);
    },
  );

  it('lets one process at a time into a folder', async () => {
    const out = join(newFolder(), 'run');
    let second: Promise<Outcome> | undefined;
    const first = await rmt([...smallRun, '--set', 'stage_steps=5000', '--out', out], {
      onLine: (_, child) => {
        second ??= rmt([...smallRun, '--out', out]).finally(() => child.kill('SIGINT'));
      },
    });
    const { status, errors } = (await second) as Outcome;
    expect(status).toBe(2);
    expect(errors.join()).toMatch(/: process \d+ on .* is writing a run there \(expected another folder; /);
    expect(first.status).toBe(130);
    expect(timeless(jsonLines(readFileSync(join(out, 'metrics.jsonl'), 'utf8')))).toEqual(
      timeless(jsonLines(first.stdout).slice(0, -1)),
    );
  });

  it('resumes with the text it was trained on, and with no other', async () => {
    const cwd = newFolder();
    const tale = 'the cat sat on the mat and the dog sat on the log . '.repeat(40);
    writeFileSync(join(cwd, 'a.txt'), tale);
    writeFileSync(join(cwd, 'b.txt'), tale.replaceAll('dog', 'cow'));
    writeFileSync(join(cwd, 'c.txt'), tale);
    const language = ['train', '--preset', 'language', '--set', 'unit=bytes', '--set', 'hidden_size=8'].concat(
      ...['num_hidden_layers=1', 'num_attention_heads=2', 'intermediate_size=8', 'segment_size=8', 'batch_size=2'].map(
        (set) => ['--set', set],
      ),
      ...['validate_samples=2', 'stages=1', 'stage_steps=2'].map((set) => ['--set', set]),
    );
    const { status } = await command([...language, '--text', 'a.txt', '--out', 'run'], { cwd });
    expect(status).toBe(0);
    const saved = readFileSync(join(cwd, 'run', 'checkpoint.safetensors'));
    const { training } = readCheckpoint(saved, 'run');
    expect(training).toMatchObject({ data: { text: { name: 'a.txt', size: tale.length } } });
    const resume = ['train', '--resume', '--out', 'run'];
    const failed = async (...more: string[]) => {
      const outcome = await command([...resume, ...more], { cwd });
      expect(outcome.status).toBe(2);
      return outcome.errors.join();
    };
    expect(await failed()).toBe(
      "rmt: train: --resume: no --text (expected --text with 'a.txt' again, which the run was trained on)",
    );
    expect(await failed('--text', 'b.txt')).toMatch(
      /: text: 'b\.txt' with \d+ bytes and the hash \w{12}… \(expected 'a\.txt' with \d+ bytes and the hash /,
    );
    expect((await command([...resume, '--text', 'c.txt'], { cwd })).status).toBe(0);
    expect(readFileSync(join(cwd, 'run', 'checkpoint.safetensors')).equals(saved)).toBe(true);
  });
});

describe('an output that is an input', () => {
  it('is refused, and the input stays as it was', async () => {
    const cwd = newFolder();
    const model = readFileSync(`${golden}ragged.checkpoint.safetensors`);
    writeFileSync(join(cwd, 'model'), model);
    cpSync(`${golden}ragged.input.json`, join(cwd, 'input'));
    linkSync(join(cwd, 'model'), join(cwd, 'hard'));
    const before = filesIn(cwd);
    const forward = ['forward', '--checkpoint', 'model', '--input', 'input'];
    const cases: [words: string[], message: RegExp][] = [
      [
        [...forward, '--out', 'hard'],
        /^rmt: forward: --out: 'hard', which is also --checkpoint \(expected a file that /,
      ],
      [[...forward, '--out', './input'], /^rmt: forward: --out: '\.\/input', which is also --input /],
      [
        ['stream', '--checkpoint', 'model', '--segments', '1', '--events', 'model'],
        /^rmt: stream: --events: 'model', which is also --checkpoint /,
      ],
      // Refused later, for another reason: the file that was there stays.
      [['stream', '--checkpoint', 'input', '--segments', '1', '--events', 'hard'], /^rmt: checkpoint input: /],
      [['stream', '--checkpoint', 'model', '--segments', '1', '--events', 'input'], /^rmt: checkpoint model: no task /],
    ];
    for (const [words, message] of cases) {
      const { status, errors } = await command(words, { cwd });
      expect(status).toBe(2);
      expect(errors.join()).toMatch(message);
      expect(filesIn(cwd)).toEqual(before);
      expect(readFileSync(join(cwd, 'model')).equals(model)).toBe(true);
      expect(readFileSync(join(cwd, 'input'), 'utf8')).toMatch(/^\{/);
    }
  });
});
