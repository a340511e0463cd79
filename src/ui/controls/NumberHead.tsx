// The head of a column of numbers.
import type { ReactNode } from 'react';

export const NumberHead = ({ children }: { readonly children: ReactNode }) => (
  <th scope="col" className="number">
    {children}
  </th>
);
