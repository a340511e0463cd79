// Reports from work that takes long, while it runs.

/**
 * @param every milliseconds between two reports
 * @param now   what is reported
 * @returns what the work resolves to
 */
export async function* whileRunning<T, R>(work: Promise<R>, every: number, now: () => T): AsyncGenerator<T, R> {
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), every);
    });
    const first = await Promise.race([work.then((result) => ({ result })), late]).finally(() => clearTimeout(timer));
    if (first !== 'late') return first.result;
    yield now();
  }
}
