// Training runs that are killed, starved of disk, doubled, cut off from their reader and signalled; each must end with the
// bytes of a run that nothing happened to.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../process.mjs';

const hook = pathToFileURL(join(root, 'scripts/chaos/faults.mjs')).href;
const run = (/** @type {number} */ steps) =>
  ['preset=', 'hidden_size=8', 'intermediate_size=8', 'batch_size=2', 'segment_size=11', 'validate_samples=4']
    .concat('validate_every=50', 'hidden_dropout_prob=0.1', 'memory_noise=0.1', 'stages=1,2', `stage_steps=${steps}`)
    .flatMap((set) => (set === 'preset=' ? ['train', '--preset', 'tiny', '--json'] : ['--set', set]));
const timings = ['ms', 'tokens_per_second'];

/** @typedef {{ status: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }} Outcome */

export class TrainingRuns {
  /** @param {string} program the built command line @param {NodeJS.ProcessEnv} env where Dawn finds an adapter @param {number} steps of each stage @param {(n: number) => number} draw an integer below n */
  constructor(program, env, steps, draw) {
    this.program = program;
    this.env = env;
    this.draw = draw;
    this.words = run(steps);
    this.folder = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'rmt-chaos-'));
    this.made = 0;
  }

  /**
   * @param {string} out
   * @param {{ resume?: boolean, faults?: object, onStart?: (child: import('node:child_process').ChildProcess) => void }} [options]
   * @returns {Promise<Outcome>}
   */
  train(out, { resume = false, faults = {}, onStart } = {}) {
    const words = resume ? ['train', '--resume', '--json', '--out', out] : [...this.words, '--out', out];
    const child = spawn(process.execPath, ['--import', hook, this.program, ...words], {
      env: { ...this.env, RMT_CHAOS: JSON.stringify({ folder: out, ...faults }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    onStart?.(child);
    return new Promise((done) => child.once('close', (status, signal) => done({ status, signal, stdout, stderr })));
  }

  next() {
    return join(this.folder, `run-${++this.made}`);
  }

  /** The run that nothing happens to, its time and its file operations. */
  async reference() {
    const out = this.next();
    const count = join(this.folder, 'operations');
    const began = performance.now();
    const { status, stderr } = await this.train(out, { faults: { count } });
    if (status !== 0) throw new Error(`chaos: the reference run ended with ${status}: ${stderr}`);
    this.seconds = (performance.now() - began) / 1000;
    this.operations = Number(readFileSync(count, 'utf8'));
    this.expected = this.resultOf(out);
    return { seconds: this.seconds, operations: this.operations };
  }

  /** What a run left: its weights and state to the bit, and its metrics without times. @param {string} out */
  resultOf(out) {
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').slice(0, -1);
    const metrics = lines.map((line) => Object.entries(JSON.parse(line)).filter(([key]) => !timings.includes(key)));
    return {
      checkpoint: readFileSync(join(out, 'checkpoint.safetensors')).toString('base64'),
      metrics: JSON.stringify(metrics),
      files: readdirSync(out).sort().join(' '),
    };
  }

  /** Why a finished run differs from the reference, if it does. @param {string} out */
  difference(out) {
    if (!existsSync(join(out, 'checkpoint.safetensors'))) return 'no checkpoint';
    const result = this.resultOf(out);
    return ['checkpoint', 'metrics', 'files'].find((part) => result[part] !== this.expected?.[part]);
  }

  /** Start or resume, whichever the folder needs. @param {string} out @param {Parameters<TrainingRuns['train']>[1]} [options] */
  proceed(out, options = {}) {
    return this.train(out, { ...options, resume: existsSync(join(out, 'checkpoint.safetensors')) });
  }

  /** Let a run end, and compare. @param {string} out @returns {Promise<string | undefined>} what is wrong */
  async finish(out) {
    const { status, stderr } = await this.proceed(out);
    const wrong =
      status === 0 ? this.difference(out) : `resuming ended with ${status}: ${stderr.trim().split('\n').at(-1)}`;
    if (!wrong) rmSync(out, { recursive: true });
    return wrong;
  }

  /**
   * Kill runs, half of them at random times and half at chosen file operations, several times each.
   * @param {number} kills @param {(text: string) => void} tell
   */
  async killed(kills, tell) {
    const problems = [];
    const done = { random: 0, chosen: 0, runs: 0, leftovers: 0 };
    let told = 0;
    while (done.random + done.chosen < kills) {
      const out = this.next();
      for (let k = 0; k < 8 && done.random + done.chosen < kills; k++) {
        const isChosen = this.draw(2) === 0;
        const began = performance.now();
        const faults = isChosen
          ? {
              kill: {
                at: 1 + this.draw(Math.ceil(0.6 * (this.operations ?? 100))),
                when: ['before', 'half', 'after'][this.draw(3)],
              },
            }
          : {};
        const { signal, status, stderr } = await this.proceed(out, {
          faults,
          onStart: (child) => {
            const delay = 100 + this.draw(Math.ceil(900 * (this.seconds ?? 1)));
            if (!isChosen) setTimeout(() => child.kill('SIGKILL'), delay);
          },
        });
        if (signal === 'SIGKILL') done[isChosen ? 'chosen' : 'random']++;
        // It may have ended before its time came.
        else if (status !== 0) problems.push(`a run ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
        if (existsSync(out) && readdirSync(out).some((name) => name.endsWith('.tmp'))) done.leftovers++;
        if (signal === 'SIGKILL') continue;
        // The machine is calmer than it was, or the run was nearly over.
        if (k === 0) this.seconds = Math.min(this.seconds ?? 1, (performance.now() - began) / 1000);
        break;
      }
      const wrong = await this.finish(out);
      if (wrong) problems.push(`${out}: ${wrong}`);
      for (const problem of problems.slice(told)) tell(problem);
      told = problems.length;
      done.runs++;
      tell(`${done.random + done.chosen} of ${kills} kills, ${done.runs} runs, ${problems.length} problems`);
    }
    return {
      did: `${done.random} kills at random times and ${done.chosen} at chosen file operations, ${done.runs} runs; ${done.leftovers} kills left a half-written file`,
      problems,
    };
  }

  /** Fill the disk at random writes, and for real on a small file system where this machine lets us. @param {number} rounds */
  async fullDisk(rounds) {
    const problems = [];
    let failed = 0;
    for (let k = 0; k < rounds; k++) {
      const out = this.next();
      const { status, stderr } = await this.train(out, {
        faults: { full: { at: 1 + this.draw(this.operations ?? 100) } },
      });
      if (status === 1 && /^rmt: .*ENOSPC.*$/m.test(stderr)) failed++;
      else if (status !== 0) problems.push(`ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
      // The metrics of a run that failed before its first checkpoint are kept, and refused.
      if (!existsSync(join(out, 'checkpoint.safetensors'))) rmSync(out, { recursive: true, force: true });
      const wrong = await this.finish(out);
      if (wrong) problems.push(wrong);
    }
    const real = await this.smallDisk();
    if (real?.wrong) problems.push(real.wrong);
    return {
      did: `${failed} of ${rounds} runs met a full disk (ENOSPC)${real ? ', one a real file system of 16 KiB' : ''}`,
      problems,
    };
  }

  async smallDisk() {
    const disk = join(this.folder, 'disk');
    mkdirSync(disk, { recursive: true });
    const mount = (/** @type {string[]} */ ...options) =>
      spawnSync('mount', [...options, disk], { stdio: 'ignore' }).status === 0;
    if (!mount('-t', 'tmpfs', '-o', 'size=16k', 'tmpfs')) return undefined;
    try {
      const out = join(disk, 'run');
      const { status, stderr } = await this.train(out);
      if (status !== 1 || !/^rmt: writing .*ENOSPC/m.test(stderr))
        return { wrong: `small disk: ended with ${status}: ${stderr}` };
      const left = existsSync(out) ? readdirSync(out).filter((name) => name !== 'metrics.jsonl') : [];
      if (left.length > 0) return { wrong: `small disk: left ${left.join(' ')}` };
      mount('-o', 'remount,size=16m');
      rmSync(out, { recursive: true, force: true });
      return { wrong: await this.finish(out) };
    } finally {
      spawnSync('umount', [disk]);
    }
  }

  /** Several processes start in one folder at once, half of the time beside a dead process's lock. @param {number} rounds */
  async writers(rounds) {
    const problems = [];
    let refused = 0;
    for (let k = 0; k < rounds; k++) {
      const out = this.next();
      if (k % 2 === 1) {
        mkdirSync(out);
        const { pid } = spawnSync(process.execPath, ['--version']);
        writeFileSync(join(out, 'rmt.lock'), JSON.stringify({ pid, host: hostname() }));
      }
      const outcomes = await Promise.all([0, 1, 2].map(() => this.train(out)));
      const statuses = outcomes.map(({ status }) => status).sort();
      refused += statuses.filter((status) => status === 2).length;
      const wrong =
        statuses.join() === '0,2,2'
          ? this.difference(out)
          : `three writers ended with ${statuses.join(', ')}: ${outcomes.map(({ stderr }) => stderr.trim().split('\n').at(-1)).join(' | ')}`;
      if (wrong) problems.push(wrong);
    }
    return { did: `${rounds} times three processes in one folder: one trained, ${refused} were refused`, problems };
  }

  /** Whoever reads the output stops reading. */
  async pipes() {
    const problems = [];
    const ends = ['| head -1', '2>&1 | head -4', '> /dev/null 2>&1', '| true', '>&- 2>&-'];
    for (const end of ends) {
      const out = this.next();
      const words = [process.execPath, '--import', hook, this.program, ...this.words, '--out', out].map(
        (word) => `'${word}'`,
      );
      const command = `set +e; ${words.join(' ')} ${end} >/dev/null; exit \${PIPESTATUS[0]}`;
      const env = { ...this.env, RMT_CHAOS: JSON.stringify({ folder: out }) };
      const { status } = spawnSync('bash', ['-c', end.includes('|') ? command : command.replace(' >/dev/null;', ';')], {
        env,
      });
      const wrong = status === 0 ? this.difference(out) : `ended with ${status}`;
      if (wrong) problems.push(`${end}: ${wrong}`);
    }
    return {
      did: `output cut off in ${ends.length} ways (${ends.map((end) => `\`${end.replaceAll('|', '\\|')}\``).join(', ')}); every run ended with its checkpoint`,
      problems,
    };
  }

  /** Signals at random moments. @param {number} rounds for each signal */
  async signals(rounds) {
    const problems = [];
    const counts = { saved: 0, early: 0, late: 0 };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      for (let k = 0; k < rounds; k++) {
        const out = this.next();
        const {
          status,
          signal: by,
          stderr,
        } = await this.train(out, {
          onStart: (child) => {
            setTimeout(() => child.kill(signal), this.draw(Math.ceil(1000 * (this.seconds ?? 1))));
          },
        });
        const isSaved = existsSync(join(out, 'checkpoint.safetensors'));
        const wanted = 128 + constants.signals[signal];
        if (status === 0) counts.late++;
        // Before the program has begun, Node's own handling ends it.
        else if (status === wanted || by === signal) counts[isSaved ? 'saved' : 'early']++;
        else problems.push(`${signal}: ended with ${status ?? by}: ${stderr.trim().split('\n').at(-1)}`);
        if (!isSaved && existsSync(out))
          problems.push(`${signal}: left ${readdirSync(out).join(' ')} without a checkpoint`);
        const wrong = await this.finish(out);
        if (wrong) problems.push(`${signal}: ${wrong}`);
      }
    return {
      did: `${3 * rounds} signals: ${counts.saved} saved and resumed, ${counts.early} before the first step left nothing, ${counts.late} after the end`,
      problems,
    };
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
