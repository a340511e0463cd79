// The tokenizer of a run that reads in its pieces.
import { Row } from '../controls/Files.tsx';
import { useActions, usePlayground } from '../playground.tsx';

export function TokenizerFile({ disabled }: { readonly disabled: boolean }) {
  const tokenizer = usePlayground(({ materials }) => materials.given.tokenizer);
  const { give, giveTokenizer } = useActions().materials;
  return (
    <Row
      name="Tokenizer"
      file={tokenizer?.name}
      builtIn="none yet; a run needs its file"
      button="Use a tokenizer…"
      title="A tokenizer.json, a vocab.txt, or vocab.json and merges.txt together"
      disabled={disabled}
      isNeeded
      onFiles={(files) => void giveTokenizer(files)}
      onClear={() => give({ tokenizer: undefined })}
    />
  );
}
