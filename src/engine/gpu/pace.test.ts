import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Gpu } from './adapter.ts';
import { Pace } from './pace.ts';
import type { Program } from './program.ts';
import { Waiting } from './waiting.ts';

afterEach(() => vi.restoreAllMocks());

/** A GPU that takes `unit` milliseconds for a whole replay, on its own clock, and records its input. */
function slowGpu(unit: () => number) {
  let clock = 0;
  let free = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  const log: { readonly work: string[]; readonly milliseconds: number }[] = [];
  let under = 0;
  let most = 0;
  const done: { readonly at: number; readonly tell: () => void }[] = [];
  /** Let the next submit complete. */
  const advance = () => {
    const next = done.shift();
    if (!next) return;
    clock = Math.max(clock, next.at);
    under--;
    next.tell();
  };
  const device = {
    createCommandEncoder: () => {
      const work: string[] = [];
      return { work, finish: () => work };
    },
    queue: {
      submit([work]: string[][]) {
        const share = (work ?? []).reduce((sum, text) => sum + 1 / Number(text.split('/')[1] ?? Infinity), 0);
        const milliseconds = share * unit();
        log.push({ work: work ?? [], milliseconds });
        free = Math.max(free, clock) + milliseconds;
        under++;
        most = Math.max(most, under);
      },
      onSubmittedWorkDone: () =>
        new Promise<void>((resolve) => {
          done.push({ at: free, tell: resolve });
          setTimeout(advance);
        }),
    },
  };
  const program = {
    canReplay: () => true,
    replayPart(encoder: { work: string[] }, part: number, parts: number, sections: readonly string[]) {
      encoder.work.push(`${sections.join('+')} ${part + 1}/${parts}`);
    },
  };
  return {
    gpu: { device, waiting: new Waiting(device as unknown as GPUDevice) } as unknown as Gpu,
    program: program as unknown as Program,
    log,
    most: () => most,
  };
}

describe('a pace', () => {
  it('groups small pieces, in order, and never has more than two submits in flight', async () => {
    const { gpu, program, log, most } = slowGpu(() => 2);
    const pace = new Pace(gpu);
    for (let n = 0; n < 100; n++) await pace.replay(program, 1, `piece${n}`);
    await pace.submit();
    const first = [1, 2, 3, 4].map((part) => `piece0 ${part}/4`);
    const rest = Array.from({ length: 99 }, (_, n) => `piece${n + 1} 1/1`);
    expect(log.flatMap(({ work }) => work)).toEqual([...first, ...rest]);
    expect(most()).toBe(2);
    // At 2 ms per piece, ten fit into 20 ms.
    expect(pace.submits).toBeLessThan(20);
    expect(Math.max(...log.map(({ milliseconds }) => milliseconds))).toBeLessThanOrEqual(21);
  });

  it('splits large pieces, so that no submit is long once the duration is known', async () => {
    const { gpu, program, log } = slowGpu(() => 170);
    const pace = new Pace(gpu);
    for (let n = 0; n < 4; n++) await pace.replay(program, 1, 'encode', 'head');
    await pace.submit();
    const work = log.flatMap((each) => each.work);
    expect(work.slice(0, 4)).toEqual([1, 2, 3, 4].map((part) => `encode+head ${part}/4`));
    expect(work.slice(4)).toEqual(
      [1, 2, 3].flatMap(() => Array.from({ length: 9 }, (_, i) => `encode+head ${i + 1}/9`)),
    );
    for (const { milliseconds } of log) expect(milliseconds).toBeLessThan(50);
  });

  it('adapts to a GPU that becomes slower', async () => {
    let unit = 1;
    const { gpu, program, log } = slowGpu(() => unit);
    const pace = new Pace(gpu);
    for (let n = 0; n < 60; n++) await pace.replay(program, 1, 'encode');
    unit = 10;
    for (let n = 0; n < 60; n++) await pace.replay(program, 1, 'encode');
    await pace.submit();
    expect(log.at(-2)?.milliseconds).toBeLessThanOrEqual(30);
  });

  it('writes the data that commands read before each submit, and never submits an empty one', async () => {
    const { gpu, program, log } = slowGpu(() => 1);
    const before = vi.fn();
    const pace = new Pace(gpu, before);
    await pace.submit();
    expect([log.length, before.mock.calls.length]).toEqual([0, 0]);
    pace.encode((encoder) => (encoder as unknown as { work: string[] }).work.push('copy'));
    await pace.replay(program, 1, 'encode');
    await pace.submit();
    expect(log[0]?.work).toEqual(['copy', 'encode 1/4']);
    expect(before).toHaveBeenCalledTimes(log.length);
  });
});
