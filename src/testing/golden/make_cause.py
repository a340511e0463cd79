"""Reference values of attribution and of patching, for the models and batches of make_golden.py.

    make_cause.py                           every case, into the folder `cause`
    make_cause.py --case NAME --out DIR     one case

Attribution: log p of a prediction at the end of each sequence, differentiated by autograd through all segments. `answer` is
the right class or word there, `than` the one with the next number. `shared` is the same where the word embeddings of all
segments are scaled by SHARE, a point on the path of integrated gradients.

Patching: while the batch is read, something of sequence 1 is put in the place of the same thing of sequence 0, in or after
the segment of index 1.
"""

import argparse
from pathlib import Path

import golden_encoder as encoder
import golden_family as family
import torch
from golden_common import as_f32, write_safetensors

HERE = Path(__file__).resolve().parent
ATTRIBUTION = (
    "ragged", "odd_sizes", "gpt2", "rmt_gpt2", "rmt_gpt2_block", "xl_long", "rmt_xl_shift_cache", "armt_gpt2",
    "armt_gpt2_plain", "armt_bert",
)
SHARE = 0.25
PATCHING = ("even", "rmt_gpt2", "armt_gpt2")
SEGMENT, LAYER, HEAD, POSITION = 1, 0, 1, 3  # of what is patched; the position counts special and memory tokens too


class Recorded:
    """A model and its batch, whose word embeddings and states are kept while it runs."""

    def __init__(self, name: str):
        self.words, self.before, self.share = [], [], 1.0
        if name in encoder.CASES:
            self.case = encoder.CASES[name]
            self.model, self.sequences, labels = encoder.draw(self.case)
            self.labels, self.base = torch.tensor(labels), self.model
            self.columns = encoder.schedule(self.sequences, self.case)
        else:
            self.case = family.CASES[name].resolved()
            example = family.Example(self.case)
            self.model, self.sequences = example.model, example.input["sequences"]
            self.base = getattr(self.model, "base", self.model)
            if "labels" in example.input:
                self.labels = torch.tensor(example.input["labels"])
                self.columns = encoder.schedule(self.sequences, self.base.case)
            else:
                self.labels = None
                self.ids = torch.tensor(self.sequences)
                self.columns = [[row[start:end] for row in self.sequences] for start, end in self.case.spans]
        self.watch()

    @property
    def layers(self):
        """The layers of the Hugging Face model, where it is one."""
        if self.labels is None:
            return self.model.model.transformer.h
        return self.base.bert.bert.encoder.layer

    def watch(self) -> None:
        words, segment = self.base.words, self.base.segment

        def kept_words(ids):
            out = words(ids)
            self.words.append(out)
            return self.share * out

        def kept_segment(rows, state, *first):
            self.before.append(self.state(state))
            return segment(rows, state, *first)

        self.base.words, self.base.segment = kept_words, kept_segment
        for layer in self.model.layers if hasattr(self.model, "layers") else ():
            keys, hidden = layer.shape
            layer.empty = lambda batch, keys=keys, hidden=hidden: tuple(
                torch.zeros(shape, dtype=torch.float64, requires_grad=True)
                for shape in ((batch, keys, hidden), (batch, keys))
            )

    def state(self, given) -> list[torch.Tensor]:
        """What gradients flow back into, before a segment: memory, or the associations with their normalisers."""
        if getattr(self.case, "model", "rmt-bert") == "armt-bert":
            return [part for layer in self.model.layers for part in (layer.matrix, layer.normaliser)]
        if isinstance(given, torch.Tensor):
            return [given]
        if "memory" in given:
            return [given["memory"]]
        layers = range(self.case.layers) if "associations.0" in given else ()
        return [given[f"{part}.{layer}"] for layer in layers for part in ("associations", "normaliser")]

    def run(self) -> torch.Tensor:
        """(B, classes) logits of the predictions at the end."""
        self.words.clear()
        self.before.clear()
        if self.labels is None:
            return self.model.run(self.ids).logits[:, -2]
        if self.base is self.model:
            return self.model(self.columns, self.labels)[0]
        return self.model.run(self.sequences, self.labels).logits

    @property
    def answers(self) -> torch.Tensor:
        return self.ids[:, -1] if self.labels is None else self.labels


def by_word(of: Recorded, gradients) -> torch.Tensor:
    """(B, T) gradient × embedding of every token."""
    batch, length = len(of.sequences), max(map(len, of.sequences))
    front = 0 if of.labels is None else 2
    words = torch.zeros(batch, length, dtype=torch.float64)
    done = [length - len(sequence) for sequence in of.sequences]  # aligned at the end
    for column, out, gradient in zip(of.columns, of.words, gradients):
        products = (gradient * out).sum(-1)
        rows = [b for b in range(batch) if column[b] is not None]
        for row, b in enumerate(rows):
            count = len(column[b])
            words[b, done[b] : done[b] + count] = products[row, front : front + count]
            done[b] += count
    return words


def attribution(name: str) -> dict:
    """words (B, T): gradient × embedding of every token. norms (B, N, parts): of the gradient of each memory token that a
    segment receives, or of each layer's associations. products (B, N, parts): gradient × what it receives."""
    of = Recorded(name)
    logits = of.run()
    batch = len(of.sequences)
    expected = {"logits": logits}
    for kind, targets in (("answer", of.answers), ("than", (of.answers + 1) % logits.shape[1])):
        scalar = logits.log_softmax(-1).gather(1, targets[:, None]).sum()
        states = [part for parts in of.before for part in parts]
        inputs = [*of.words, *states]
        found = torch.autograd.grad(scalar, inputs, retain_graph=True, allow_unused=True)
        gradients = [torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs)]
        expected[f"{kind}.words"] = by_word(of, gradients)
        if not of.before[0]:
            continue
        per, at = len(of.before[0]), len(of.words)
        associative = getattr(of.case, "model", "rmt-bert").startswith("armt")
        parts = per // 2 if associative else of.case.mem
        norms = torch.zeros(batch, len(of.columns), parts, dtype=torch.float64)
        values = torch.zeros_like(norms)
        for n, column in enumerate(of.columns):
            rows = [b for b in range(batch) if column[b] is not None]
            group, held = gradients[at + n * per : at + (n + 1) * per], of.before[n]
            if associative:
                square = [(a.square().sum((1, 2)) + z.square().sum(1)) for a, z in zip(group[::2], group[1::2])]
                product = [
                    (a * m).sum((1, 2)) + (z * k).sum(1)
                    for a, z, m, k in zip(group[::2], group[1::2], held[::2], held[1::2])
                ]
                norms[rows, n], values[rows, n] = torch.stack(square, 1).sqrt(), torch.stack(product, 1)
            else:
                norms[rows, n], values[rows, n] = group[0].norm(dim=-1), (group[0] * held[0]).sum(-1)
        expected[f"{kind}.norms"], expected[f"{kind}.products"] = norms, values
    of.share = SHARE
    scalar = of.run().log_softmax(-1).gather(1, of.answers[:, None]).sum()
    # The gradient at what is scaled holds the share once.
    found = torch.autograd.grad(scalar, of.words, allow_unused=True)
    gradients = [torch.zeros_like(x) if g is None else g / SHARE for g, x in zip(found, of.words)]
    expected["shared.words"] = by_word(of, gradients)
    return expected


def patching(name: str) -> dict:
    """patched.<what> (B, …): the logits of the last segment (generative models: of every word in it)."""
    of = Recorded(name)
    bert = of.labels is not None
    size = of.case.hidden // of.case.heads
    columns = slice(HEAD * size, (HEAD + 1) * size)

    def read() -> torch.Tensor:
        if bert:
            return of.run()
        of.words.clear()
        of.before.clear()
        start, end = of.case.spans[-1]
        return of.model.run(of.ids[:, : of.case.length]).logits[:, start:end]

    def at_segment(change):
        """A change of (B, S, …) that applies in the one segment only."""
        return lambda x: change(x.clone()) if len(of.before) == SEGMENT + 1 else x

    def put(positions, channels):
        def change(x):
            x[0, positions, channels] = x[1, positions, channels]
            return x

        return at_segment(change)

    everything = slice(None)
    projection = of.layers[LAYER].attention.output.dense if bert else of.layers[LAYER].attn.c_proj
    expected = {"plain": read()}
    for what, change in (("head", put(everything, columns)), ("head_at", put(POSITION, columns))):
        hook = projection.register_forward_pre_hook(lambda _, inputs, change=change: (change(inputs[0]),))
        expected[f"patched.{what}"] = read()
        hook.remove()
    if of.before[0] and not getattr(of.case, "model", "").startswith("armt"):
        change = put(POSITION, everything)

        def layer_hook(_, inputs, output):
            return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

        hook = of.layers[LAYER].register_forward_hook(layer_hook)
        expected["patched.hidden_at"] = read()
        hook.remove()
        segment = of.base.segment

        def patched_segment(rows, state, *first):
            if len(of.before) == SEGMENT + 1:  # what it receives was passed on by the segment of index SEGMENT
                memory = (state if bert else state["memory"]).clone()
                memory[0, 0] = memory[1, 0]
                state = memory if bert else {**state, "memory": memory}
            return segment(rows, state, *first)

        of.base.segment = patched_segment
        expected["patched.memory"] = read()
    return expected


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes reference values of attribution and patching.")
    parser.add_argument("--case", choices=sorted({*ATTRIBUTION, *PATCHING}), help="one case")
    parser.add_argument("--out", type=Path, default=HERE / "cause", help="folder to write into")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in [options.case] if options.case else sorted({*ATTRIBUTION, *PATCHING}):
        values = attribution(name) if name in ATTRIBUTION else {}
        if name in PATCHING:
            values |= patching(name)
        path = options.out / f"{name}.safetensors"
        write_safetensors(path, {key: as_f32(value) for key, value in values.items()}, {"format": "pt"})
        print(f"{name}: {path.stat().st_size / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
