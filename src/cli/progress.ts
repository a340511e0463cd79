// A progress line: redrawn in place on a terminal, printed every few seconds in a log.
const WIDTH = 24;
const LOG_EVERY = 5000;

/** A duration such as "3 min 20 s". */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export class Progress {
  private last = 0;

  /** @param quiet draw nothing, as with --json */
  constructor(private readonly quiet: boolean) {}

  show(share: number, text: string, force = false): void {
    if (this.quiet) return;
    const now = performance.now();
    const terminal = process.stderr.isTTY === true;
    if (!force && now - this.last < (terminal ? 100 : LOG_EVERY)) return;
    this.last = now;
    const filled = Math.round(Math.min(1, share) * WIDTH);
    const bar = `[${'█'.repeat(filled)}${'·'.repeat(WIDTH - filled)}] ${text}`;
    process.stderr.write(terminal ? `\r\x1b[K${bar}` : `${bar}\n`);
  }

  /** Print a permanent line. */
  print(text: string): void {
    if (this.quiet) return;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  end(): void {
    if (!this.quiet && process.stderr.isTTY) process.stderr.write('\n');
  }
}
