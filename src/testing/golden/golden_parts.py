"""Values and gradients of the tensors inside the second segment of two cases, caught by hooks on Hugging Face's modules.

python golden_parts.py writes parts/<case>.safetensors: value.<part>.<layer> and gradient.<part>.<layer>, and the gradients of
the memory that the segment receives and passes on.
"""

from pathlib import Path

import torch
from golden_common import as_f32, write_safetensors
from golden_encoder import CASES as ENCODERS
from golden_encoder import draw, schedule
from golden_family import CASES as FAMILY
from golden_family import Example

SEGMENT = 1


class Catcher:
    """Keeps tensors with their gradients, while it is switched on."""

    def __init__(self):
        self.on = False
        self.kept = {}

    def keep(self, name: str, tensor: torch.Tensor) -> None:
        if self.on:
            tensor.retain_grad()
            self.kept[name] = tensor

    def output(self, name: str, module: torch.nn.Module) -> None:
        module.register_forward_hook(lambda _m, _i, out: self.keep(name, out[0] if isinstance(out, tuple) else out))

    def input(self, name: str, module: torch.nn.Module) -> None:
        module.register_forward_pre_hook(lambda _m, given: self.keep(name, given[0]))

    def tensors(self) -> dict:
        values = {f"value.{name}": as_f32(tensor) for name, tensor in self.kept.items()}
        return values | {f"gradient.{name}": as_f32(tensor.grad) for name, tensor in self.kept.items()}


def counted(model, catcher: Catcher, before, after) -> None:
    """Switches the catcher on for one segment; `before` and `after` see its arguments and its result."""
    segment, count = model.segment, iter(range(100))

    def wrapped(*given):
        catcher.on = next(count) == SEGMENT
        before(*given)
        out = segment(*given)
        after(out)
        catcher.on = False
        return out

    model.segment = wrapped


def encoder(name: str) -> Catcher:
    model, sequences, labels = draw(ENCODERS[name])
    catcher = Catcher()
    bert = model.bert.bert
    catcher.input("embedding.0", bert.embeddings.LayerNorm)
    catcher.output("hidden.0", bert.embeddings.LayerNorm)
    for l, layer in enumerate(bert.encoder.layer):
        for part in ("query", "key", "value"):
            catcher.output(f"{part}.{l}", getattr(layer.attention.self, part))
        catcher.input(f"attended.{l}", layer.attention.output.dense)
        catcher.input(f"mixed.{l}", layer.attention.output.LayerNorm)
        catcher.output(f"inner.{l}", layer.intermediate.dense)
        catcher.input(f"activated.{l}", layer.output.dense)
        catcher.output(f"hidden.{l + 1}", layer.output.LayerNorm)

    def after(out):
        _, written, attention = out
        catcher.keep("memory-out.0", written)
        for l, weights in enumerate(attention):
            catcher.keep(f"weights.{l}", weights)

    counted(model, catcher, lambda _rows, memory: catcher.keep("memory-in.0", memory), after)
    model(schedule(sequences, ENCODERS[name]), torch.tensor(labels))[2].backward()
    return catcher


def decoder(name: str) -> Catcher:
    example = Example(FAMILY[name].resolved())
    catcher = Catcher()
    transformer = example.model.model.transformer
    catcher.input("embedding.0", transformer.drop)
    catcher.output("hidden.0", transformer.drop)
    for l, layer in enumerate(transformer.h):
        catcher.output(f"projected.{l}", layer.attn.c_attn)
        catcher.input(f"attended.{l}", layer.attn.c_proj)
        catcher.input(f"mixed.{l}", layer.ln_2)
        catcher.output(f"inner.{l}", layer.mlp.c_fc)
        catcher.input(f"activated.{l}", layer.mlp.c_proj)
        catcher.output(f"hidden.{l + 1}", layer)
    catcher.output("output.0", transformer.ln_f)

    def after(out):
        catcher.keep("memory-out.0", out.state["memory"])
        catcher.keep("logits.0", out.logits)
        for l, weights in enumerate(out.attention):
            catcher.keep(f"weights.{l}", weights)

    counted(example.model, catcher, lambda _ids, state, _first: catcher.keep("memory-in.0", state["memory"]), after)
    example.run().loss.backward()
    return catcher


if __name__ == "__main__":
    folder = Path(__file__).parent / "parts"
    folder.mkdir(exist_ok=True)
    for name, catch in {"even": encoder, "rmt_gpt2": decoder}.items():
        write_safetensors(folder / f"{name}.safetensors", catch(name).tensors(), {"format": "pt", "segment": str(SEGMENT)})
