// Whether the user has taken or declined the tour in this browser.
const key = 'rmt-playground tour';

export function isTourSeen(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // Without storage the invitation would appear on every visit.
    return true;
  }
}

export function rememberTour(): void {
  try {
    localStorage.setItem(key, 'seen');
  } catch {}
}
