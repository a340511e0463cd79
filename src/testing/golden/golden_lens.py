"""The logit lens: the head applied to the input of every layer and to the output of the last, by PyTorch in f64.

    golden_lens.py [FOLDER]    (default: `lens` beside this script)

For some cases of make_golden.py, the longest sequence of each. `<case>.lens.safetensors` has `lens.<segment>`: (layers + 1,
classes) of the encoder's [CLS], or (layers + 1, tokens, words) at every token. The models and sequences are drawn as for
the case itself, and compared with its files.
"""

import sys
from pathlib import Path

import golden_encoder as encoder
import golden_family as family
import numpy as np
import torch
from golden_associative import AssociativeBert
from golden_common import as_f32, write_safetensors
from golden_models import TransformerXl
from safetensors import safe_open

HERE = Path(__file__).parent


def same_as(path: Path, parameters: dict[str, torch.Tensor]) -> None:
    with safe_open(path, "np") as file:
        for key, parameter in parameters.items():
            assert np.array_equal(file.get_tensor(key), as_f32(parameter)), f"{path.name}: {key}"


class Layers:
    """Collects the input of every layer and the output of the last."""

    def __init__(self, layers):
        self.seen: list[torch.Tensor] = []
        for layer in layers:
            # Before the associations recall into it.
            layer.register_forward_pre_hook(lambda _, inputs: self.seen.append(inputs[0]), prepend=True)
        layers[-1].register_forward_hook(
            lambda _, __, output: self.seen.append(output if torch.is_tensor(output) else output[0])
        )

    def take(self) -> torch.Tensor:
        """(layers + 1, B, S, D)"""
        seen, self.seen = self.seen, []
        return torch.stack(seen)


def bert_lens(base: encoder.RecurrentMemoryBert, run) -> list[torch.Tensor]:
    """run() reads one sequence."""
    found = []
    hidden = Layers(base.bert.bert.encoder.layer)
    inner = base.segment

    def segment(rows, memory):
        result = inner(rows, memory)
        pooled = torch.tanh(base.bert.bert.pooler.dense(hidden.take()[:, 0, 0]))
        found.append(base.bert.classifier(pooled))
        assert torch.allclose(found[-1][-1], result[0][0])
        return result

    base.segment = segment
    run()
    return found


def gpt2_lens(model, ids: torch.Tensor) -> list[torch.Tensor]:
    hidden = Layers(model.model.transformer.h)
    found, inner, front = [], model.segment, 0 if "Associative" in type(model).__name__ else model.room[0]

    def segment(text, state, first):
        result = inner(text, state, first)
        states = hidden.take()[:, 0, front : front + text.shape[1]]
        found.append(model.model.lm_head(model.model.transformer.ln_f(states)))
        assert torch.allclose(found[-1][-1], result.logits[0])
        return result

    model.segment = segment
    model.run(ids)
    return found


def xl_lens(model: TransformerXl, ids: torch.Tensor) -> list[torch.Tensor]:
    found, seen, segment, layer = [], [], model.segment, model.layer

    def layer_of(i, x, keys, sees):
        result = layer(i, x, keys, sees)
        seen.append(x)
        if i == model.case.layers - 1:
            seen.append(result[0])
        return result

    def segment_of(text, state, first):
        seen.clear()
        result = segment(text, state, first)
        front = model.room[0]
        states = torch.stack(seen)[:, 0, front : front + text.shape[1]]
        found.append(states @ model.keyed[model.EMBEDDING].T + model.keyed[model.OUTPUT_BIAS])
        assert torch.allclose(found[-1][-1], result.logits[0])
        return result

    model.layer, model.segment = layer_of, segment_of
    model.run(ids)
    return found


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "lens"
    folder.mkdir(exist_ok=True)

    def write(name: str, found: list[torch.Tensor]) -> None:
        tensors = {f"lens.{n}": as_f32(logits) for n, logits in enumerate(found)}
        write_safetensors(folder / f"{name}.lens.safetensors", tensors, {"format": "pt"})

    with torch.no_grad():
        case = encoder.CASES["ragged"]
        model, sequences, _ = encoder.draw(case)
        same_as(HERE / "ragged.checkpoint.safetensors", model.parameters_by_key())
        longest = [max(sequences, key=len)]
        write("ragged", bert_lens(model, lambda: model(encoder.schedule(longest, case), torch.zeros(1, dtype=int))))
        for name in ("rmt_gpt2", "rmt_xl_cache", "armt_gpt2_plain", "armt_bert"):
            example = family.Example(family.CASES[name].resolved())
            same_as(HERE / "family" / f"{name}.checkpoint.safetensors", example.parameters)
            model = example.model
            if isinstance(model, AssociativeBert):
                longest = [max(example.batch[0], key=len)]
                write(name, bert_lens(model.base, lambda: model.run(longest, torch.zeros(1, dtype=int))))
            else:
                lens = xl_lens if isinstance(model, TransformerXl) else gpt2_lens
                write(name, lens(model, example.batch[0][:1]))


if __name__ == "__main__":
    main()
