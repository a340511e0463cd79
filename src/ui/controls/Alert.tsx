// An error message announced at once; renders nothing without an error.
import { type ReactNode, useEffect, useRef } from 'react';
import notices from '../styles/notices.module.css';

interface AlertProps {
  readonly children: ReactNode;
  /** Answers something that may have been done elsewhere on the page, such as a drop, and is brought into view. */
  readonly isReply?: boolean;
}

export function Alert({ children, isReply = false }: AlertProps) {
  const shown = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (isReply && children) shown.current?.scrollIntoView({ block: 'nearest' });
  }, [isReply, children]);
  if (!children) return null;
  return (
    <p ref={shown} className={notices.alert} role="alert">
      {children}
    </p>
  );
}
