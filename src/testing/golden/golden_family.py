"""The cases of the generative and associative models, and the values written for each."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from golden_associative import MODELS
from golden_common import STEPS, as_f32, cut, draw_parameters, write_json, write_safetensors
from golden_models import Run
from torch.nn.functional import pad


@dataclass(frozen=True)
class Case:
    """One model, one batch, and the settings of their computation. None: see `resolved`."""

    model: str
    seed: int = 1
    batch: int = 3
    length: int = 21  # tokens of each sequence
    lengths: tuple[int, ...] | None = None  # armt-bert: of each sequence, instead of batch and length
    segment_size: int = 6
    alignment: str | None = None  # right | left (armt-bert: or center)
    answer_from: int | None = None  # the first token whose prediction counts; None: all but the first
    mem: int = 0
    memory_mask: str | None = None  # causal | block
    mem_at_end: bool = True
    mem_len: int = 0
    d_mem: int = 4
    # where they are None, the configuration does not name them: checkpoints from before these fields existed
    key_norm: str | None = None  # l2 | none
    correction: bool | None = None
    write_positions: str | None = None  # after | end
    relative_shift: str | None = None  # distance | lm-rmt
    hidden: int = 16
    layers: int = 2
    heads: int = 2
    head_size: int | None = None  # Transformer-XL: any
    inner: int = 36
    vocab: int = 29
    classes: int = 6  # armt-bert
    positions: int | None = None  # rows of the position table
    eps: float = 1e-5
    reaches: tuple[int, ...] = ()  # also write the gradients of BPTT truncated to these depths
    attention: bool = False  # write the attention probabilities

    def resolved(self) -> "Case":
        """The case with all defaults filled in."""
        encoder = self.model == "armt-bert"
        defaults = {
            "lengths": (3, 17, 30) if encoder else None,
            "alignment": "right" if encoder else "left",
            "memory_mask": "block" if self.model == "rmt-transformer-xl" else "causal",
            "head_size": self.hidden // self.heads,
            "positions": self.segment_size + (self.mem + 3 if encoder else 2 * self.mem) + 2,
        }
        return dataclasses.replace(self, **{key: value for key, value in defaults.items() if getattr(self, key) is None})

    @property
    def spans(self) -> list[tuple[int, int]]:
        return cut(self.length, self.segment_size, self.alignment)


CASES = {
    "gpt2": Case("gpt2", seed=31),
    "rmt_gpt2": Case("rmt-gpt2", seed=32, mem=3, length=22, reaches=(0, 1)),
    "rmt_gpt2_block": Case(
        "rmt-gpt2", seed=33, mem=4, length=17, memory_mask="block", hidden=24, heads=3, attention=True
    ),
    "rmt_gpt2_no_write": Case("rmt-gpt2", seed=34, mem=3, mem_at_end=False, length=24),
    "rmt_gpt2_right": Case("rmt-gpt2", seed=35, mem=5, length=20, alignment="right", answer_from=13),
    "rmt_gpt2_block_no_write": Case("rmt-gpt2", seed=36, mem=2, mem_at_end=False, memory_mask="block"),
    "xl_none": Case("transformer-xl", seed=41, hidden=24, head_size=8),
    "xl_short": Case("transformer-xl", seed=42, hidden=24, head_size=8, mem_len=4),
    "xl_equal": Case("transformer-xl", seed=43, hidden=16, heads=4, head_size=8, mem_len=6, answer_from=9),
    "xl_long": Case("transformer-xl", seed=44, hidden=24, head_size=8, mem_len=15, length=23, attention=True),
    "xl_right": Case("transformer-xl", seed=45, hidden=24, head_size=8, mem_len=7, length=20, alignment="right"),
    "rmt_xl": Case("rmt-transformer-xl", seed=46, hidden=24, head_size=8, mem=3, length=22),
    "rmt_xl_cache": Case(
        "rmt-transformer-xl", seed=47, hidden=16, head_size=4, mem=3, mem_len=9, length=22, reaches=(0, 1),
        attention=True,
    ),
    "rmt_xl_causal": Case(
        "rmt-transformer-xl", seed=48, hidden=24, head_size=8, mem=2, mem_len=16, memory_mask="causal",
        alignment="right", answer_from=8,
    ),
    "rmt_xl_no_write": Case("rmt-transformer-xl", seed=49, hidden=24, head_size=8, mem=4, mem_len=3, mem_at_end=False),
    "rmt_xl_shift": Case(
        "rmt-transformer-xl", seed=50, hidden=24, head_size=8, mem=5, length=22, relative_shift="lm-rmt"
    ),
    "rmt_xl_shift_cache": Case(
        "rmt-transformer-xl", seed=51, hidden=16, head_size=4, mem=3, mem_len=9, length=22, reaches=(0, 1),
        attention=True, relative_shift="lm-rmt",
    ),
    # seeds of the associative cases: no z·φ(q), which is a divisor, is tiny; one in armt_gpt2 is exactly zero
    "armt_gpt2": Case("armt-gpt2", seed=142, mem=3, length=22, reaches=(0, 1)),
    "armt_gpt2_right": Case(
        "armt-gpt2", seed=267, mem=2, length=19, alignment="right", d_mem=8, hidden=24, heads=3, answer_from=10
    ),
    "armt_gpt2_plain": Case(
        "armt-gpt2", seed=485, mem=3, length=22, d_mem=8, key_norm="none", write_positions="end", reaches=(0, 1)
    ),
    "armt_gpt2_uncorrected": Case(
        "armt-gpt2", seed=483, mem=2, length=19, alignment="right", d_mem=8, hidden=24, heads=3, key_norm="none",
        correction=False, write_positions="after",
    ),
    "armt_bert": Case("armt-bert", seed=346, mem=3, segment_size=7, lengths=(26, 5, 17), vocab=40, eps=1e-12),
}


class Example:
    """The model and batch of a resolved case, drawn from its seed. `run()` uses the current parameters."""

    def __init__(self, case: Case):
        random = np.random.default_rng(case.seed)
        self.case = case
        self.model = MODELS[case.model](case)
        self.parameters = self.model.parameters()
        draw_parameters(self.parameters, random)
        if case.lengths is None:
            ids = random.integers(case.vocab, size=(case.batch, case.length))
            self.batch = (torch.from_numpy(ids),)
            self.input = {"sequences": ids.tolist()}
            if case.answer_from is not None:
                self.input["answer_from"] = case.answer_from
        else:
            words = [token for token in range(case.vocab) if token not in self.model.base.case.specials]
            sequences = [random.choice(words, length).tolist() for length in case.lengths]
            labels = random.integers(case.classes, size=len(sequences)).tolist()
            self.batch = (sequences, torch.tensor(labels))
            self.input = {"sequences": sequences, "labels": labels}

    def run(self) -> Run:
        return self.model.run(*self.batch)

    def gradients(self, losses) -> dict[str, torch.Tensor]:
        """The gradients of the sum of the losses; zero for a parameter they do not depend on."""
        for parameter in self.parameters.values():
            parameter.grad = None
        for loss in losses:
            loss.backward()
        return {
            key: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for key, parameter in self.parameters.items()
        }


def state_after(key: str, states, mem_len: int) -> torch.Tensor:
    """(B, N, …): one part of the state after each segment; a partly filled cache is padded in front."""
    parts = [state[key] for state in states]
    if key.startswith("cache."):
        parts = [pad(part, (0, 0, mem_len - part.shape[1], 0)) for part in parts]
    return torch.stack(parts, 1)


def compute(example: Example) -> dict[str, np.ndarray]:
    case = example.case
    run = example.run()
    expected = {"logits": run.logits, "loss": run.loss.reshape(1)}
    for key in sorted(run.states[0], reverse=True):
        expected[key if key == "memory" else f"state.{key}"] = state_after(key, run.states, case.mem_len)
    if case.attention:
        for n, layers in enumerate(run.attention):
            for layer, values in enumerate(layers):
                missing = values.shape[2] + case.mem_len - values.shape[3]
                expected[f"attention.{n}.{layer}"] = pad(values, (missing, 0))
    expected |= {f"grad.{key}": gradient for key, gradient in example.gradients([run.loss]).items()}
    for reach in case.reaches:
        gradients = example.gradients(example.model.truncated_losses(*example.batch, reach))
        expected |= {f"grad_k{reach}.{key}": gradient for key, gradient in gradients.items()}
    expected = {key: as_f32(value) for key, value in expected.items()}

    optimiser = torch.optim.AdamW(example.parameters.values(), lr=1e-3, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = example.run().loss
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    return expected | {"adam.losses": np.array(losses, np.float32)}


def write_case(name: str, case: Case, folder: Path) -> None:
    case = case.resolved()
    example = Example(case)
    config = {"model_type": case.model, **example.model.config()}
    unnamed = [key for key in ("key_norm", "correction", "write_positions", "relative_shift") if getattr(case, key) is None]
    facts = {
        "name": name,
        "settings": {key: value for key, value in dataclasses.asdict(case).items() if key not in unnamed},
        "optimiser": {"name": "AdamW", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0, "steps": STEPS},
        "computed_in": "float64",
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }
    if case.lengths is None:
        facts["tokens_per_segment"] = [end - start for start, end in case.spans]
    write_safetensors(
        folder / f"{name}.checkpoint.safetensors",
        {key: as_f32(parameter) for key, parameter in example.parameters.items()},
        {"format": "pt", "rmt_config": json.dumps(config)},
    )
    write_json(folder / f"{name}.input.json", example.input)
    write_safetensors(
        folder / f"{name}.expected.safetensors", compute(example), {"format": "pt", "case": json.dumps(facts)}
    )
