// What went wrong, said at once; nothing where nothing did.
import type { ReactNode } from 'react';

export function Alert({ children }: { readonly children: ReactNode }) {
  if (!children) return null;
  return (
    <p className="alert" role="alert">
      {children}
    </p>
  );
}
