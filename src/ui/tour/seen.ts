// Whether this browser has seen the tour, or does not want it.
const key = 'rmt-playground tour';

export function isTourSeen(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // Where nothing can be kept, an invitation on every visit would be a nuisance.
    return true;
  }
}

export function rememberTour(): void {
  try {
    localStorage.setItem(key, 'seen');
  } catch {}
}
