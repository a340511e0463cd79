"""The associative models, implemented from the papers; README.md lists the choices made. And all models by name.

Their state is `associations.<layer>` (B, 6·d_mem, D) and `normaliser.<layer>` (B, 6·d_mem).
"""

import golden_models
import torch
from golden_encoder import Case as EncoderCase
from golden_encoder import RecurrentMemoryBert, checkpoint_config, schedule
from golden_models import Gpt2, Parameters, Run, Segment, State, TransformerXl
from torch import nn
from torch.nn.functional import cross_entropy, normalize, relu


def dpfp(x: torch.Tensor, norm: str | None) -> torch.Tensor:
    """DPFP-3 features: six for every number of x, none negative, of length 1 unless norm is `none`."""
    x = torch.cat([relu(x), relu(-x)], -1)
    features = torch.cat([x * x.roll(j, -1) for j in (1, 2, 3)], -1)
    return features if norm == "none" else normalize(features, dim=-1, eps=1e-12)


class Associations:
    """The associative memory of one layer of a Hugging Face model, attached with hooks."""

    def __init__(self, layer: nn.Module, hidden: int, d_mem: int, key_norm: str | None = None, correction: bool = True):
        layer.W_mq = nn.Linear(hidden, d_mem, bias=False)
        layer.W_mk = nn.Linear(hidden, d_mem, bias=False)
        layer.W_mv = nn.Linear(hidden, hidden, bias=False)
        layer.W_mb = nn.Linear(hidden, 1)
        layer.register_forward_pre_hook(self.recall)
        layer.register_forward_hook(self.write)
        self.shape = (6 * d_mem, hidden)
        self.key_norm, self.correction = key_norm, correction

    def empty(self, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
        keys, hidden = self.shape
        zeros = torch.zeros(batch, keys, hidden, dtype=torch.float64)
        return zeros, zeros[:, :, 0]

    def begin(self, matrix: torch.Tensor, normaliser: torch.Tensor, first: torch.Tensor, memory: slice) -> None:
        """first (B) bool: rows in their first segment; memory: the positions that write."""
        self.matrix, self.normaliser, self.first, self.memory = matrix, normaliser, first[:, None, None], memory

    def match(self, keys: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return keys @ self.matrix, (keys @ self.normaliser[..., None]) + 1e-5

    def recall(self, layer, inputs):
        x, *others = inputs
        found, weight = self.match(dpfp(layer.W_mq(x), self.key_norm))
        return (x + torch.where(self.first, 0.0, found / weight), *others)

    def write(self, layer, inputs, output):
        memory = output[:, self.memory]
        key, value, share = dpfp(layer.W_mk(memory), self.key_norm), layer.W_mv(memory), layer.W_mb(memory).sigmoid()
        found, weight = self.match(key)
        old = torch.where(self.first, 0.0, found / weight)
        length = key.square().sum(-1, keepdim=True) + (1e-5 if self.key_norm == "none" else 0)
        fresh = (1 - weight / length).clamp(0, 1)
        fresh = golden_models.constant(torch.where(self.first | (not self.correction), 1.0, fresh))
        self.matrix = self.matrix + key.mT @ (share * (value - old))
        self.normaliser = self.normaliser + (fresh * key).sum(1)


class AssociativeGpt2(Gpt2):
    """GPT-2 with constant memory tokens after the text, which write into every layer's associations."""

    def __init__(self, case):
        super().__init__(case)
        self.layers = [
            Associations(layer, case.hidden, case.d_mem, case.key_norm, case.correction is not False)
            for layer in self.model.transformer.h
        ]
        self.model.double()

    def config(self) -> dict:
        mem = {"num_mem_tokens": self.case.mem, "d_mem": self.case.d_mem}
        for field in ("key_norm", "correction", "write_positions"):
            if getattr(self.case, field) is not None:
                mem[field] = getattr(self.case, field)
        return {**self.gpt2_config(), **mem, **self.segment_config()}

    def start(self, batch: int) -> State:
        state = {}
        for i, layer in enumerate(self.layers):
            state[f"associations.{i}"], state[f"normaliser.{i}"] = layer.empty(batch)
        return state

    def segment(self, ids, state, first):
        batch, tokens = ids.shape
        for i, layer in enumerate(self.layers):
            rows = torch.full((batch,), first)
            layer.begin(state[f"associations.{i}"], state[f"normaliser.{i}"], rows, slice(tokens, None))
        inputs = torch.cat([self.words(ids), self.memory.expand(batch, -1, -1)], 1)
        positions = torch.arange(tokens + self.case.mem)
        if self.case.write_positions == "end":
            positions[tokens:] = torch.arange(self.case.positions - self.case.mem, self.case.positions)
        # An explicit mask: transformers 5 takes a jump in the positions for the start of another sequence.
        mask = None
        if self.case.write_positions:
            hidden, shape = torch.finfo(torch.float64).min, (1, 1, len(positions), len(positions))
            mask = torch.full(shape, hidden, dtype=torch.float64).triu(1)
        out = self.model(
            inputs_embeds=inputs, position_ids=positions[None], attention_mask=mask, output_attentions=True
        )
        after = {f"associations.{i}": layer.matrix for i, layer in enumerate(self.layers)}
        after |= {f"normaliser.{i}": layer.normaliser for i, layer in enumerate(self.layers)}
        return Segment(out.logits[:, :tokens], after, list(out.attentions))


class AssociativeBert:
    """The encoder with constant memory tokens, which write into every layer's associations."""

    def __init__(self, case):
        self.case = case
        self.base = RecurrentMemoryBert(
            EncoderCase(
                lengths=case.lengths, mem=case.mem, segment_size=case.segment_size, alignment=case.alignment,
                hidden=case.hidden, layers=case.layers, heads=case.heads, intermediate=case.inner, classes=case.classes,
                vocab=case.vocab, positions=case.positions, eps=case.eps,
            )
        )
        self.layers = [Associations(layer, case.hidden, case.d_mem) for layer in self.base.bert.bert.encoder.layer]
        self.base.double().eval()

    def config(self) -> dict:
        return {**checkpoint_config(self.base), "d_mem": self.case.d_mem}

    def parameters(self) -> Parameters:
        return self.base.parameters_by_key()

    def run(self, sequences: list[list[int]], labels: torch.Tensor) -> Run:
        batch, mem = len(labels), self.case.mem
        state = [layer.empty(batch) for layer in self.layers]
        started = torch.zeros(batch, dtype=torch.bool)
        states, attention = [], []
        for column in schedule(sequences, self.base.case):
            rows = torch.tensor([b for b in range(batch) if column[b] is not None])
            for layer, (matrix, normaliser) in zip(self.layers, state):
                layer.begin(matrix[rows], normaliser[rows], ~started[rows], slice(1, 1 + mem))
            memory = self.base.memory.expand(len(rows), -1, -1)
            logits, _, probabilities = self.base.segment([column[b] for b in rows], memory)
            state = [
                (matrix.index_copy(0, rows, layer.matrix), normaliser.index_copy(0, rows, layer.normaliser))
                for layer, (matrix, normaliser) in zip(self.layers, state)
            ]
            started[rows] = True
            after = {f"associations.{i}": matrix for i, (matrix, _) in enumerate(state)}
            after |= {f"normaliser.{i}": normaliser for i, (_, normaliser) in enumerate(state)}
            states.append(after)
            attention.append(list(probabilities))
        return Run(logits, cross_entropy(logits, labels), states, attention)


MODELS = {
    "gpt2": Gpt2,
    "rmt-gpt2": Gpt2,
    "transformer-xl": TransformerXl,
    "rmt-transformer-xl": TransformerXl,
    "armt-gpt2": AssociativeGpt2,
    "armt-bert": AssociativeBert,
}
