// Locks that the tabs of this browser share.

/**
 * Work while holding a lock. Where the browser has none, or refuses it, as in a frame of another site that may store
 * nothing, the work begins without one.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T>;
/** @returns undefined if another tab holds it */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  options: { readonly ifAvailable: true },
): Promise<T | undefined>;
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T | undefined> {
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) return work();
  let isAsked = false;
  try {
    return await locks.request(name, options, (lock) => {
      isAsked = true;
      return lock ? work() : undefined;
    });
  } catch (error) {
    if (isAsked) throw error;
    return work();
  }
}
