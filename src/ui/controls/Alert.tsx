// An error message announced at once; renders nothing without an error.
import type { ReactNode } from 'react';
import notices from '../styles/notices.module.css';

export function Alert({ children }: { readonly children: ReactNode }) {
  if (!children) return null;
  return (
    <p className={notices.alert} role="alert">
      {children}
    </p>
  );
}
