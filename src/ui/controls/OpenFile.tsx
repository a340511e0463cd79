// A button that opens a file, which can also be dropped on it. It filters no names: the content decides what a file is,
// and file choosers grey out what they do not know.
import { type ReactNode, useRef, useState } from 'react';
import css from './OpenFile.module.css';

interface OpenFileProps {
  readonly children: ReactNode;
  readonly title: string;
  readonly disabled?: boolean;
  /** Called with the File itself, because it may be larger than memory. */
  onFile(file: File): void;
}

export function OpenFile({ children, title, disabled = false, onFile }: OpenFileProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (file: File | undefined) => file && onFile(file);
  return (
    <>
      <button
        type="button"
        title={title}
        disabled={disabled}
        className={over ? css.over : undefined}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        aria-label={title}
        disabled={disabled}
        hidden
        onChange={({ target }) => {
          take(target.files?.[0]);
          target.value = '';
        }}
      />
    </>
  );
}

/** A checkpoint's bytes: small enough to be read at once. */
export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());
