"""The encoder RMT: Hugging Face's BERT inside a recurrence of memory tokens, and its cases."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from golden_common import STEPS, as_f32, cut, draw_parameters, write_json, write_safetensors
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForSequenceClassification


@dataclass(frozen=True)
class Case:
    """One model, one batch, and the settings of their computation."""

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
    final: bool = False  # write all parameters after each optimiser run

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

# Each run starts from the checkpoint; each loss is computed before its step.
RUNS = {
    "adamw": {"weight_decay": 1e-2},
    "adamw_clip": {"weight_decay": 1e-3, "clip_norm": 0.5},
    "adamw_value": {"weight_decay": 1e-2, "clip_value": 0.01},
}


# ---- the recurrence ----


def split(tokens: list[int], case: Case) -> list[list[int]]:
    """Cuts one sequence into its segments, after dropping [PAD], [CLS] and [SEP]."""
    tokens = [token for token in tokens if token not in case.specials]
    if not tokens:
        raise ValueError("a sequence has no tokens besides special ones")
    return [tokens[start:end] for start, end in cut(len(tokens), case.segment_size, case.alignment)]


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

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        """(rows, T, D): the rows of the word embedding."""
        return self.bert.get_input_embeddings()(ids)

    def segment(self, rows: list[list[int]], memory: torch.Tensor):
        """One segment of the rows that take part in it: (logits, new memory, attention of each layer)."""
        case = self.case
        ids = torch.full((len(rows), case.width - case.mem), case.pad)
        mask = torch.zeros(len(rows), case.width)
        for b, tokens in enumerate(rows):
            ids[b, : len(tokens) + 3] = torch.tensor([case.cls, case.sep, *tokens, case.sep])
            mask[b, : case.mem + len(tokens) + 3] = 1
        words = self.words(ids)
        inputs = torch.cat([words[:, :1], memory, words[:, 1:]], dim=1)
        out = self.bert(inputs_embeds=inputs, attention_mask=mask, output_hidden_states=True, output_attentions=True)
        return out.logits, out.hidden_states[-1][:, 1 : 1 + case.mem], out.attentions

    def forward(self, segments, labels: torch.Tensor):
        """(logits of the last segment, memory after each segment, loss, attention[segment][layer])"""
        batch = len(labels)
        start = self.memory if self.memory is not None else torch.zeros(0, self.case.hidden, dtype=torch.float64)
        state = list(start.expand(batch, -1, -1))  # a row keeps its memory until it starts
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


# ---- one case ----


def draw(case: Case):
    """The model (f32 values stored as f64), the sequences and the labels, all drawn from the case's seed."""
    random = np.random.default_rng(case.seed)
    model = RecurrentMemoryBert(case).double().eval()
    draw_parameters(model.parameters_by_key(), random)
    words = [token for token in range(case.vocab) if token not in case.specials]
    sequences = [random.choice(words, length).tolist() for length in case.lengths]
    labels = random.integers(case.classes, size=len(sequences)).tolist()
    return model, sequences, labels


def optimise(model: RecurrentMemoryBert, segments, labels, *, weight_decay, clip_norm=None, clip_value=None):
    """Losses and unclipped gradient norms of the steps; the model keeps the parameters of the last step."""
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


def checkpoint_config(model: RecurrentMemoryBert) -> dict:
    """The checkpoint's configuration of the model, except its type."""
    case, config = model.case, model.bert.config
    fields = (
        "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
        "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act", "hidden_dropout_prob",
        "attention_probs_dropout_prob", "num_labels",
    )
    return {
        **{field: getattr(config, field) for field in fields},
        "num_mem_tokens": case.mem,
        "segment_size": case.segment_size,
        "segment_alignment": case.alignment,
        "pad_token_id": case.pad,
        "cls_token_id": case.cls,
        "sep_token_id": case.sep,
    }


def write_case(name: str, case: Case, folder: Path) -> None:
    model, sequences, labels = draw(case)
    segments = schedule(sequences, case)
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
        {"format": "pt", "rmt_config": json.dumps({"model_type": "rmt-bert", **checkpoint_config(model)})},
    )
    write_json(folder / f"{name}.input.json", {"sequences": sequences, "labels": labels})
    write_safetensors(
        folder / f"{name}.expected.safetensors",
        compute(model, segments, torch.tensor(labels)),
        {"format": "pt", "case": json.dumps(facts)},
    )
