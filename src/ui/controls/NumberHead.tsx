// The heading of a column of numbers.
import type { ReactNode } from 'react';
import tables from '../styles/tables.module.css';

export const NumberHead = ({ children }: { readonly children: ReactNode }) => (
  <th scope="col" className={tables.number}>
    {children}
  </th>
);
