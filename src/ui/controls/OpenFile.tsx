// A button that opens a file of the visitor's; it may be dropped on the button too.
import { type ReactNode, useRef, useState } from 'react';

interface OpenFileProps {
  readonly accept: string;
  readonly children: ReactNode;
  readonly title: string;
  onFile(name: string, bytes: Uint8Array<ArrayBuffer>): void;
}

export function OpenFile({ accept, children, title, onFile }: OpenFileProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = async (file: File | undefined) => {
    if (file) onFile(file.name, new Uint8Array(await file.arrayBuffer()));
  };
  return (
    <>
      <button
        type="button"
        title={title}
        className={over ? 'drop over' : 'drop'}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={({ target }) => {
          void take(target.files?.[0]);
          target.value = '';
        }}
      />
    </>
  );
}
