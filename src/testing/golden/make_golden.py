"""Reference values for the encoder RMT, computed by PyTorch and Hugging Face's BERT.

    make_golden.py                          every listed case and the dtypes file, into this folder
    make_golden.py --case NAME --out DIR    one case: a listed one, or any other name for an ad-hoc one
                                            (the options below replace single settings of either)

Every parameter is drawn, rounded to f32, and only then widened: all arithmetic is f64, so what is
written differs from the exact result by little more than the rounding to f32 on disk.
"""

import argparse
import dataclasses
import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import torch
import transformers
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForSequenceClassification

HERE = Path(__file__).resolve().parent
STEPS = 10


@dataclass(frozen=True)
class Case:
    """One model, one batch, and how both are to be run."""

    lengths: tuple[int, ...]  # tokens of each sequence
    seed: int = 1
    mem: int = 4
    segment_size: int = 8
    alignment: str = "right"  # right | left | center
    loss: str = "last"  # last | mean
    hidden: int = 16
    layers: int = 2
    heads: int = 2
    intermediate: int = 32
    classes: int = 6
    vocab: int = 40
    positions: int | None = None  # rows of the position table; None: a few more than a segment needs
    eps: float = 1e-12
    pad: int = 0
    cls: int = 1
    sep: int = 2
    attention: bool = False  # write the attention probabilities
    final: bool = False  # write all parameters as they are after each optimiser run

    @property
    def width(self) -> int:
        """S: [CLS], the memory, [SEP], a full segment, [SEP]."""
        return self.segment_size + self.mem + 3

    @property
    def specials(self) -> tuple[int, int, int]:
        return self.pad, self.cls, self.sep


CASES = {
    "even": Case(seed=11, lengths=(24, 24, 24, 24)),
    "ragged": Case(seed=12, lengths=(3, 32, 13, 19), attention=True, final=True),
    "one_segment": Case(seed=13, lengths=(8, 5, 1)),
    "m1": Case(seed=14, lengths=(17, 4, 26), mem=1, segment_size=9),
    "m10": Case(seed=15, lengths=(15, 14, 11), mem=10, segment_size=5),
    "m0": Case(seed=16, lengths=(20, 6, 9), mem=0),
    "left": Case(seed=17, lengths=(3, 27, 13, 16), alignment="left"),
    "center": Case(seed=18, lengths=(3, 25, 13, 16), alignment="center"),
    "mean_loss": Case(seed=19, lengths=(5, 30, 12, 17), loss="mean", hidden=32, heads=4, intermediate=48),
    "odd_sizes": Case(
        seed=20, lengths=(22, 2, 10), mem=3, segment_size=7, hidden=24, layers=3, heads=3, intermediate=40,
        classes=3, vocab=43, positions=19, eps=1e-5, pad=5, cls=42, sep=7, attention=True,
    ),
}

# Each run starts from the checkpoint; the loss is taken before the step that follows it.
RUNS = {
    "adamw": {"weight_decay": 1e-2},
    "adamw_clip": {"weight_decay": 1e-3, "clip_norm": 0.5},
    "adamw_value": {"weight_decay": 1e-2, "clip_value": 0.01},
}


# ---- the recurrence ----


def split(tokens: list[int], case: Case) -> list[list[int]]:
    """Cuts one sequence into its segments, after dropping [PAD], [CLS] and [SEP]."""
    tokens = [token for token in tokens if token not in case.specials]
    count = math.ceil(len(tokens) / case.segment_size)
    if count == 0:
        raise ValueError("a sequence has no token left once the special ones are dropped")
    if case.alignment == "right":
        borders = [max(0, len(tokens) - k * case.segment_size) for k in range(count, 0, -1)]
    elif case.alignment == "left":
        borders = list(range(0, len(tokens), case.segment_size))
    else:
        borders = list(range(0, len(tokens), math.ceil(len(tokens) / count)))
    return [tokens[start:end] for start, end in zip(borders, [*borders[1:], len(tokens)])]


def schedule(sequences: list[list[int]], case: Case) -> list[list[list[int] | None]]:
    """segments[t][b]: all rows end together; None where row b has not started yet."""
    rows = [split(sequence, case) for sequence in sequences]
    count = max(map(len, rows))
    padded = [[None] * (count - len(row)) + row for row in rows]
    return [list(column) for column in zip(*padded)]


class RecurrentMemoryBert(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.case = case
        config = BertConfig(
            vocab_size=case.vocab,
            hidden_size=case.hidden,
            num_hidden_layers=case.layers,
            num_attention_heads=case.heads,
            intermediate_size=case.intermediate,
            hidden_act="gelu",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            max_position_embeddings=case.positions or case.width + 3,
            type_vocab_size=2,
            layer_norm_eps=case.eps,
            pad_token_id=case.pad,
            num_labels=case.classes,
        )
        self.bert = BertForSequenceClassification._from_config(config, attn_implementation="eager")
        self.memory = nn.Parameter(torch.zeros(case.mem, case.hidden)) if case.mem else None

    def parameters_by_key(self) -> dict[str, nn.Parameter]:
        keyed = dict(self.bert.named_parameters())
        if self.memory is not None:
            keyed["rmt.memory"] = self.memory
        return dict(sorted(keyed.items()))

    def segment(self, rows: list[list[int]], memory: torch.Tensor):
        """One segment of the rows that take part in it: (logits, new memory, attention of each layer)."""
        case = self.case
        ids = torch.full((len(rows), case.width - case.mem), case.pad)
        mask = torch.zeros(len(rows), case.width)
        for b, tokens in enumerate(rows):
            ids[b, : len(tokens) + 3] = torch.tensor([case.cls, case.sep, *tokens, case.sep])
            mask[b, : case.mem + len(tokens) + 3] = 1
        words = self.bert.get_input_embeddings()(ids)
        inputs = torch.cat([words[:, :1], memory, words[:, 1:]], dim=1)
        out = self.bert(inputs_embeds=inputs, attention_mask=mask, output_hidden_states=True, output_attentions=True)
        return out.logits, out.hidden_states[-1][:, 1 : 1 + case.mem], out.attentions

    def forward(self, segments, labels: torch.Tensor):
        """(logits of the last segment, memory after each segment, loss, attention[segment][layer])"""
        batch = len(labels)
        start = self.memory if self.memory is not None else torch.zeros(0, self.case.hidden, dtype=torch.float64)
        state = list(start.expand(batch, -1, -1))  # a row's memory stays as it is while the row waits
        after, losses, attention = [], [], []
        for column in segments:
            active = [b for b in range(batch) if column[b] is not None]
            logits, written, probabilities = self.segment(
                [column[b] for b in active], torch.stack([state[b] for b in active])
            )
            for row, b in enumerate(active):
                state[b] = written[row]
            after.append(torch.stack(state))
            losses.append(cross_entropy(logits, labels[active]))
            attention.append(probabilities)
        loss = losses[-1] if self.case.loss == "last" else torch.stack(losses).mean()
        return logits, torch.stack(after, dim=1), loss, attention


# ---- what a case is made of ----


def draw(case: Case):
    """The model (f32 values held as f64), the sequences and the labels: all from the case's seed."""
    random = np.random.default_rng(case.seed)
    model = RecurrentMemoryBert(case).double().eval()
    for key, parameter in model.parameters_by_key().items():
        noise = random.standard_normal(tuple(parameter.shape))
        if key.endswith("LayerNorm.weight"):
            values = 1 + 0.1 * noise
        elif parameter.dim() == 1:
            values = 0.1 * noise
        elif key == "rmt.memory":
            values = 0.5 * noise
        else:
            values = 0.2 * noise
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))
    words = [token for token in range(case.vocab) if token not in case.specials]
    sequences = [random.choice(words, length).tolist() for length in case.lengths]
    labels = random.integers(case.classes, size=len(sequences)).tolist()
    return model, sequences, labels


def optimise(model: RecurrentMemoryBert, segments, labels, *, weight_decay, clip_norm=None, clip_value=None):
    """Losses and unclipped gradient norms of the steps; the model is left as the last step left it."""
    parameters = list(model.parameters_by_key().values())
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=weight_decay)
    losses, norms = [], []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = model(segments, labels)[2]
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters]).item())
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
        if clip_value is not None:
            torch.nn.utils.clip_grad_value_(parameters, clip_value)
        optimiser.step()
    return losses, norms


def compute(model: RecurrentMemoryBert, segments, labels: torch.Tensor) -> dict[str, np.ndarray]:
    case, keyed = model.case, model.parameters_by_key()
    logits, memory, loss, attention = model(segments, labels)
    loss.backward()
    expected = {"logits": logits, "memory": memory, "loss": loss.reshape(1)}
    expected |= {f"grad.{key}": parameter.grad for key, parameter in keyed.items()}
    if case.attention:
        for t, layers in enumerate(attention):
            expected |= {f"attention.{t}.{layer}": values for layer, values in enumerate(layers)}
    expected = {key: as_f32(value) for key, value in expected.items()}

    start = {key: parameter.detach().clone() for key, parameter in keyed.items()}
    for name, settings in RUNS.items():
        with torch.no_grad():
            for key, parameter in keyed.items():
                parameter.copy_(start[key])
        losses, norms = optimise(model, segments, labels, **settings)
        expected[f"{name}.losses"] = np.array(losses, np.float32)
        expected[f"{name}.norms"] = np.array(norms, np.float32)
        if case.final:
            expected |= {f"{name}.final.{key}": as_f32(parameter) for key, parameter in keyed.items()}
    return expected


def write_case(name: str, case: Case, folder: Path) -> None:
    model, sequences, labels = draw(case)
    segments = schedule(sequences, case)
    config = model.bert.config
    rmt_config = {
        "model_type": "rmt-bert",
        **{
            field: getattr(config, field)
            for field in (
                "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
                "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act", "hidden_dropout_prob",
                "attention_probs_dropout_prob", "num_labels",
            )
        },
        "num_mem_tokens": case.mem,
        "segment_size": case.segment_size,
        "segment_alignment": case.alignment,
        "pad_token_id": case.pad,
        "cls_token_id": case.cls,
        "sep_token_id": case.sep,
    }
    facts = {
        "name": name,
        "loss": case.loss,
        "settings": dataclasses.asdict(case),
        "tokens_per_segment": [[0 if tokens is None else len(tokens) for tokens in row] for row in zip(*segments)],
        "optimiser": {"name": "AdamW", "lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "steps": STEPS, "runs": RUNS},
        "computed_in": "float64",
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
    }
    write_safetensors(
        folder / f"{name}.checkpoint.safetensors",
        {key: as_f32(parameter) for key, parameter in model.parameters_by_key().items()},
        {"format": "pt", "rmt_config": json.dumps(rmt_config)},
    )
    (folder / f"{name}.input.json").write_text(json.dumps({"sequences": sequences, "labels": labels}) + "\n")
    write_safetensors(
        folder / f"{name}.expected.safetensors",
        compute(model, segments, torch.tensor(labels)),
        {"format": "pt", "case": json.dumps(facts)},
    )


# ---- files ----

CODES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def as_f32(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float32)


def write_safetensors(path: Path, tensors: dict, metadata: dict[str, str]) -> None:
    """Writes in the order given. The library's writer puts metadata in an order of its own, which may
    change from run to run; it is the library, though, that reads the file back and checks it."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for key, value in tensors.items():
        tensor = torch.as_tensor(value).contiguous()
        raw = tensor.view(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        code = CODES[str(tensor.dtype).removeprefix("torch.")]
        header[key] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        chunks.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == metadata and set(file.keys()) == set(tensors), path
        for key, value in tensors.items():
            read, value = file.get_tensor(key), torch.as_tensor(value)
            assert read.dtype == value.dtype and read.shape == value.shape, (path, key)
            assert torch.equal(read, value) and torch.isfinite(read).all(), (path, key)


def write_dtypes(folder: Path) -> None:
    """Every stored type at the edges of its range, and what a reader must make of it in f32."""

    def bits(patterns: list[int], signed: type, dtype: torch.dtype) -> torch.Tensor:
        return torch.from_numpy(np.array(patterns).astype(np.uint64).astype(signed)).view(dtype)

    f16 = [
        0x0000, 0x8000, 0x3C00, 0xBC00, 0x3555, 0x4248,  # 0, -0, 1, -1, 1/3, 3.140625
        0x7BFF, 0xFBFF, 0x0400, 0x8400,  # largest, its negative, smallest normal, its negative
        0x03FF, 0x83FF, 0x0200, 0x0001, 0x8001,  # subnormals: largest to smallest
    ]
    bf16 = [
        0x0000, 0x8000, 0x3F80, 0xBF80, 0x3EAB, 0x4049,  # 0, -0, 1, -1, 1/3, 3.140625
        0x7F7F, 0xFF7F, 0x0080, 0x8080,
        0x007F, 0x807F, 0x0040, 0x0001, 0x8001,
    ]
    f32 = [
        0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x3EAAAAAB, 0x40490FDB,  # …, 1/3, pi
        0x7F7FFFFF, 0xFF7FFFFF, 0x00800000, 0x80800000,
        0x007FFFFF, 0x807FFFFF, 0x00400000, 0x00000001, 0x80000001,
        0x4B800001, 0x3F800001,  # 2**24 + 2, 1 + 2**-23
    ]
    tensors = {
        # 15 values of two bytes, so the F32 tensor after them does not start at a multiple of four
        "half.edges": bits(f16, np.int16, torch.float16),
        "single.edges": bits(f32, np.int32, torch.float32),
        "bfloat.edges": bits(bf16, np.int16, torch.bfloat16),
        "half.matrix": torch.arange(-6, 6).reshape(3, 4).to(torch.float16) / 8,
        "bfloat.matrix": torch.arange(-6, 6).reshape(2, 2, 3).to(torch.bfloat16) / 8,
        "single.matrix": torch.arange(-3, 3).reshape(2, 3).to(torch.float32) / 8,
        "half.scalar": torch.tensor(-2.5, dtype=torch.float16),
        "bfloat.scalar": torch.tensor(-2.5, dtype=torch.bfloat16),
        "single.scalar": torch.tensor(-2.5, dtype=torch.float32),
        "single.empty": torch.zeros(0, 3),
    }
    write_safetensors(folder / "dtypes.safetensors", tensors, {"format": "pt"})
    lines = []
    for key, tensor in tensors.items():
        entry = {
            "dtype": CODES[str(tensor.dtype).removeprefix("torch.")],
            "shape": list(tensor.shape),
            "values": tensor.to(torch.float32).reshape(-1).tolist(),  # the shortest decimals that give the f32 back
        }
        lines.append(f"{json.dumps(key)}: {json.dumps(entry, allow_nan=False)}")
    (folder / "dtypes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


# ---- command line ----


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Writes reference values for the encoder RMT. Without --case: all listed cases "
        f"({', '.join(CASES)}) and the dtypes file. A setting not given is the listed case's own, or the usual one.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--case", help="a listed case, or a new name for an ad-hoc one")
    parser.add_argument("--out", type=Path, help="folder to write into (default: the script's own)")
    one = parser.add_argument_group("settings of one case")
    one.add_argument("--lengths", type=numbers, help="tokens of each sequence: 3,17,40")
    one.add_argument("--alignment", choices=("right", "left", "center"))
    one.add_argument("--loss", choices=("last", "mean"))
    for name in ("seed", "mem", "segment-size", "hidden", "layers", "heads", "intermediate", "classes", "vocab",
                 "positions", "pad", "cls", "sep"):
        one.add_argument(f"--{name}", type=int)
    one.add_argument("--eps", type=float, help="of the layer norms")
    one.add_argument("--attention", action=argparse.BooleanOptionalAction, help="write the attention probabilities")
    one.add_argument("--final", action=argparse.BooleanOptionalAction, help="write the parameters after each run")
    options = parser.parse_args()
    settings = {key: value for key, value in vars(options).items() if key not in ("case", "out")}
    options.out = getattr(options, "out", HERE)
    if not hasattr(options, "case"):
        if settings:
            parser.error("settings need --case")
        options.cases = CASES
        return options
    listed = CASES.get(options.case)
    if options.out.resolve() == HERE and (settings or not listed):
        parser.error("this folder holds the listed cases only, as listed: give another --out")
    case = dataclasses.replace(listed or Case(lengths=(3, 17, 30)), **settings)
    if case.hidden % case.heads:
        parser.error(f"hidden {case.hidden} is not a multiple of heads {case.heads}")
    if min(case.lengths) < 1 or case.segment_size < 1 or case.mem < 0:
        parser.error("lengths and the segment size are at least 1, mem at least 0")
    if case.positions is not None and case.positions < case.width:
        parser.error(f"{case.positions} positions, but a segment has {case.width}")
    if len(set(case.specials)) < 3 or not all(0 <= token < case.vocab for token in case.specials) or case.vocab < 4:
        parser.error("pad, cls and sep are three different ids of the vocabulary, which has at least one more")
    options.cases = {options.case: case}
    return options


def main() -> None:
    options = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, case in options.cases.items():
        write_case(name, case, options.out)
        size = sum(path.stat().st_size for path in options.out.glob(f"{name}.*.*"))
        print(f"{name}: {size / 1024:.0f} KiB")
    if options.cases is CASES:
        write_dtypes(options.out)


if __name__ == "__main__":
    main()
