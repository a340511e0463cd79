// Puts a text on the clipboard.
import typography from './styles/typography.module.css';

/** Falls back to execCommand where the clipboard is unavailable (insecure page, permission denied). @returns whether it worked */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = typography.hidden ?? '';
    document.body.append(field);
    const before = document.activeElement;
    try {
      field.select();
      return document.execCommand('copy');
    } catch {
      return false;
    } finally {
      field.remove();
      if (before instanceof HTMLElement) before.focus();
    }
  }
}
