// A button that opens a file, or several, which can also be dropped on it. It filters no names: the content decides what a file is,
// and file choosers grey out what they do not know.
import { type ReactNode, useRef, useState } from 'react';
import { droppedFiles } from './dropped-files.ts';
import css from './OpenFile.module.css';

interface OpenFileProps {
  readonly children: ReactNode;
  readonly title: string;
  readonly disabled?: boolean;
  /** Called with the File itself, because it may be larger than memory. */
  readonly onFile?: (file: File) => void;
  /** Takes several files at once, or a folder of them. */
  readonly onFiles?: (files: readonly File[]) => void;
}

export function OpenFile({ children, title, disabled = false, onFile, onFiles }: OpenFileProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: readonly File[]) => {
    const [first] = files;
    if (!first) return;
    if (onFiles) onFiles(files);
    else onFile?.(first);
  };
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
          void droppedFiles(event.dataTransfer).then(take);
        }}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        aria-label={title}
        disabled={disabled}
        multiple={onFiles !== undefined}
        hidden
        onChange={({ target }) => {
          take([...(target.files ?? [])]);
          target.value = '';
        }}
      />
    </>
  );
}
