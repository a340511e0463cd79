"""The model of this folder: a Transformer that reads a long sequence segment by segment and passes a memory on.

    model = folder.load(".")   # config.json and model.safetensors
    score = model(batch)       # the loss of a Batch, and how many of its predictions are right

A backbone, such as transformers' BERT or GPT-2, computes one segment. `RecurrentModel` cuts the
sequences, passes the memory from segment to segment, adds up the loss, and limits how far its gradient flows back
(truncated BPTT). Parameters have the names of the files of RMT Playground, which are those of Hugging Face.

Shapes: B rows (sequences) of a batch, R rows that are read together, T text tokens of a segment, S positions of a
segment (text, memory and special tokens), M memory tokens, D width, C classes or words, K features of a key (ARMT).

Sources: Bulatov et al. 2022, arXiv:2207.06881, and 2023, arXiv:2304.11062.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional as F

OLDEST = (4, 48)
if tuple(map(int, transformers.__version__.split(".")[:2])) < OLDEST:
    raise SystemExit(
        f"transformers {transformers.__version__} is too old (expected {'.'.join(map(str, OLDEST))} or later): "
        "pip install --upgrade -r requirements.txt"
    )

Span = tuple[int, int]  # tokens [start, end) of a sequence
Tensors = dict[str, Tensor]


# ---- a batch ----


@dataclass
class Batch:
    """Sequences with their targets. A position with weight 0 is not scored; the weights of a whole batch sum to 1."""

    tokens: Tensor  # (B, L) int64; rows are padded at the end
    lengths: list[int]  # the tokens of each row
    segments: int  # of the longest row; shorter rows start later, so that all end together
    targets: Tensor  # (B, L) the token after each; for a classifier (B, segments) the class
    weights: Tensor  # (B, L) or (B, segments): the share of each prediction in the loss
    counted: Tensor  # the same shape, bool: whether it counts towards the accuracy

    def to(self, device: torch.device) -> "Batch":
        tensors = {key: value.to(device) for key, value in vars(self).items() if isinstance(value, Tensor)}
        return Batch(**{**vars(self), **tensors})


class Score(NamedTuple):
    loss: Tensor  # () the sum of weight * cross-entropy, in nats
    right: Tensor  # (B) how many of the counted predictions are right
    counted: Tensor  # (B)
    nats: Tensor  # (B) the cross-entropy of the counted predictions


class State(NamedTuple):
    """What a segment passes to the next."""

    tensors: Tensors  # `memory` (B, M, D), `cache.<layer>` (B, mem_len, D), `associations.<layer>` (B, K, D + 1)
    passed: tuple[int, ...]  # positions that each row has read


def cut(length: int, size: int, alignment: str) -> list[Span]:
    """The segments of a sequence: `right` leaves the first one short, `left` the last, `center` balances them."""
    count = math.ceil(length / size)
    if alignment == "right":
        starts = [max(0, length - k * size) for k in range(count, 0, -1)]
    else:
        starts = list(range(0, length, size if alignment == "left" else math.ceil(length / count)))
    return list(zip(starts, [*starts[1:], length], strict=True))


# ---- the recurrence ----


class RecurrentModel(nn.Module):
    """Reads a batch segment by segment. Subclasses say how one segment is read."""

    generates = True  # a word after every token, or one class for each sequence
    default_alignment = "left"

    def __init__(self, config: Mapping[str, Any], bptt_depth: int = -1, memory_noise: float = 0.0):
        """bptt_depth: through how many earlier segments a loss sends its gradient; -1 for all, 0 for none.
        memory_noise: standard deviation of Gaussian noise on the memory passed on, in training."""
        super().__init__()
        self.config = dict(config)
        self.kind: str = config["rmt_model"]
        self.size: int = config["segment_size"]
        self.alignment: str = config.get("segment_alignment", self.default_alignment)
        self.bptt_depth, self.memory_noise = bptt_depth, memory_noise
        self.mem: int = config.get("num_mem_tokens", 0)
        self.mem_len: int = config.get("mem_len", 0)
        self.associative = self.kind.startswith("armt")

    def add_memory(self, width: int, layers: nn.ModuleList) -> None:
        """The parameters of the memory: M vectors, and for ARMT four projections in every layer."""
        self.width, self.layer_count = width, len(layers)
        if self.mem > 0:
            self.rmt = nn.Module()
            self.rmt.memory = nn.Parameter(torch.zeros(self.mem, width))
        if self.associative:
            from associative_memory import Association

            self.association = Association(self.config)
            for layer in layers:
                self.association.add_parameters(layer, width)

    def read(self, ids: Tensor, state: Tensors, passed: int) -> tuple[Tensor, Tensors]:
        """Read one segment of rows that have all passed as many positions.
        ids (R, T); state (R, …) -> the states the head reads (R, T, D), or (R, 1, D) for a classifier; the next state
        """
        raise NotImplementedError

    def head(self, hidden: Tensor) -> Tensor:
        """(…, D) -> logits (…, C)"""
        raise NotImplementedError

    def positions(self, tokens: int) -> int:
        """S of a segment with so many text tokens."""
        raise NotImplementedError

    def start(self, rows: int) -> State:
        tensors: Tensors = {}
        like = next(self.parameters())
        if self.associative:
            for i in range(self.layer_count):
                tensors[f"associations.{i}"] = like.new_zeros(rows, self.association.features, self.width + 1)
        elif self.mem > 0:
            tensors["memory"] = self.rmt.memory.expand(rows, -1, -1)
        for i in range(self.layer_count if self.mem_len > 0 else 0):
            tensors[f"cache.{i}"] = like.new_zeros(rows, self.mem_len, self.width)
        return State(tensors, (0,) * rows)

    def forward(self, batch: Batch) -> Score:
        """One pass over the batch. Its loss depends on every parameter, so that all of them get a gradient."""
        rows, count = len(batch.lengths), batch.segments
        spans = [cut(length, self.size, self.alignment) for length in batch.lengths]
        columns = [
            [row[n - count + len(row)] if n >= count - len(row) else None for row in spans] for n in range(count)
        ]
        scored = self.scored_segments(batch, columns)
        depth = self.bptt_depth if self.bptt_depth >= 0 else count
        start = self.start(rows)
        if not start.tensors:  # nothing is passed on: the other segments change nothing
            parts = [self.segment(batch, n, columns[n], start, True)[1] for n in scored]
        elif depth >= count - 1:
            parts, state = [], start
            for n, column in enumerate(columns):
                state, part = self.segment(batch, n, column, state, n in scored)
                parts.append(part)
        else:
            parts = self.truncated(batch, columns, scored, depth)
        none = torch.zeros(rows, device=batch.tokens.device)
        every = 0.0 * sum(parameter.sum() for parameter in self.parameters() if parameter.requires_grad)
        return Score(*(sum(values) for values in zip(Score(every, none, none, none), *parts, strict=True)))

    def truncated(self, batch: Batch, columns: list[list[Span | None]], scored: list[int], depth: int) -> list[Score]:
        """Each scored segment again with the `depth` segments before it, from a state that is a constant."""
        states = [self.start(len(batch.lengths))]
        with torch.no_grad():
            for n in range(len(columns) - 1):
                states.append(self.segment(batch, n, columns[n], states[n], False)[0])
        parts = []
        for n in scored:
            first = max(0, n - depth)
            state = states[first]
            for i in range(first, n + 1):
                state, part = self.segment(batch, i, columns[i], state, i == n)
            parts.append(part)
        return parts

    def scored_segments(self, batch: Batch, columns: list[list[Span | None]]) -> list[int]:
        positive = (batch.weights > 0).cpu()
        if not self.generates:
            return [n for n in range(len(columns)) if positive[:, n].any()]
        rows = [[span is not None and positive[b, slice(*span)].any() for b, span in enumerate(c)] for c in columns]
        return [n for n, row in enumerate(rows) if any(row)]

    def segment(
        self, batch: Batch, n: int, column: list[Span | None], state: State, scored: bool
    ) -> tuple[State, Score]:
        """Read segment n of the rows that have begun; those of equal length and history are read together."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for b, span in enumerate(column):
            if span:
                groups[span[1] - span[0], state.passed[b]].append(b)
        tensors, passed = dict(state.tensors), list(state.passed)
        score = Score(*(torch.zeros((len(column),) if k else (), device=batch.tokens.device) for k in range(4)))
        for (length, before), rows in groups.items():
            index = torch.tensor(rows, device=batch.tokens.device)
            whole = len(rows) == len(column)
            spans = [column[b] for b in rows]
            ids = torch.stack([batch.tokens[b, slice(*span)] for b, span in zip(rows, spans, strict=True)])
            hidden, after = self.read(ids, {k: v if whole else v[index] for k, v in state.tensors.items()}, before)
            if "memory" in after and self.training and self.memory_noise > 0:
                after["memory"] = after["memory"] + self.memory_noise * torch.randn_like(after["memory"])
            for key, value in after.items():
                value = value.to(tensors[key].dtype)
                tensors[key] = value if whole else tensors[key].index_copy(0, index, value)
            for b in rows:
                passed[b] += self.positions(length)
            if scored:
                score = self.score(batch, n, rows, spans, hidden, score)
        return State(tensors, tuple(passed)), score

    def score(self, batch: Batch, n: int, rows: list[int], spans: list[Span], hidden: Tensor, before: Score) -> Score:
        """The score with the predictions of these rows in one segment. hidden (R, T, D), or (R, 1, D)"""
        at = [slice(*span) if self.generates else slice(n, n + 1) for span in spans]
        targets, weights, counted = (
            torch.stack([column[b, where] for b, where in zip(rows, at, strict=True)])
            for column in (batch.targets, batch.weights, batch.counted)
        )
        logits = self.head(hidden).float()
        nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(weights)
        right = (logits.argmax(-1) == targets) & counted
        index = torch.tensor(rows, device=hidden.device)
        each = (right, counted, nats.detach() * counted)
        return Score(
            before.loss + (weights * nats).sum(),
            *(old.index_add(0, index, new.float().sum(1)) for old, new in zip(before[1:], each, strict=True)),
        )


def hidden_of(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """What a layer of transformers returns, in any of its versions."""
    return output if isinstance(output, Tensor) else output[0]


# ---- BERT: [CLS] memory [SEP] text [SEP] ----

BERT_FIELDS = (
    "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "hidden_dropout_prob", "attention_probs_dropout_prob", "max_position_embeddings", "type_vocab_size",
    "layer_norm_eps",
)  # fmt: skip


class RecurrentBert(RecurrentModel):
    generates = False
    default_alignment = "right"

    def __init__(self, config: Mapping[str, Any], **settings: Any):
        super().__init__(config, **settings)
        own = transformers.BertConfig(
            **{key: config[key] for key in BERT_FIELDS if key in config}, pad_token_id=None, attn_implementation="sdpa"
        )
        self.bert = transformers.BertModel(own)
        self.dropout = nn.Dropout(own.hidden_dropout_prob)
        self.classifier = nn.Linear(own.hidden_size, config["num_labels"])
        self.add_memory(own.hidden_size, self.bert.encoder.layer)

    def positions(self, tokens: int) -> int:
        return tokens + self.mem + 3

    def read(self, ids: Tensor, state: Tensors, passed: int) -> tuple[Tensor, Tensors]:
        cls, sep = (self.config[f"{name}_token_id"] for name in ("cls", "sep"))
        first, border = ids.new_full((len(ids), 1), cls), ids.new_full((len(ids), 1), sep)
        words = self.bert.embeddings.word_embeddings(torch.cat([first, border, ids, border], 1))
        tokens = slice(1, 1 + self.mem)
        if self.mem > 0:
            memory = self.rmt.memory.expand(len(ids), -1, -1) if self.associative else state["memory"]
            words = torch.cat([words[:, :1], memory.to(words.dtype), words[:, 1:]], 1)
        hidden = self.bert.embeddings(inputs_embeds=words)
        after: Tensors = {}
        for i, layer in enumerate(self.bert.encoder.layer):
            if self.associative:
                hidden = self.association.recall(layer, hidden, state[f"associations.{i}"], passed == 0)
            hidden = hidden_of(layer(hidden))
            if self.associative:
                written = self.association.write(layer, hidden[:, tokens], state[f"associations.{i}"], passed == 0)
                after[f"associations.{i}"] = written
        if self.mem > 0 and not self.associative:
            after["memory"] = hidden[:, tokens]
        return hidden[:, :1], after

    def head(self, hidden: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.bert.pooler.dense(hidden).tanh()))


# ---- GPT-2: memory to read, text, memory to write ----


class Decoder(RecurrentModel):
    """What the decoders share: memory tokens around the text, and which positions see each other."""

    def __init__(self, config: Mapping[str, Any], **settings: Any):
        super().__init__(config, **settings)
        # ARMT's memory tokens follow the text.
        self.front = 0 if self.associative else self.mem
        self.back = self.mem if self.associative or config.get("mem_at_end", True) else 0
        default = "block" if self.kind == "rmt-transformer-xl" else "causal"
        self.is_block = self.mem > 0 and not self.associative and config.get("memory_mask", default) == "block"

    def positions(self, tokens: int) -> int:
        return self.front + tokens + self.back

    def around(self, words: Tensor, state: Tensors) -> Tensor:
        """words (R, T, D) -> (R, S, D)"""
        if self.mem == 0:
            return words
        memory = self.rmt.memory.expand(len(words), -1, -1) if self.associative else state["memory"]
        memory = memory.to(words.dtype)
        return torch.cat([*([memory] if self.front else []), words, *([memory] if self.back else [])], 1)

    def memory_of(self, hidden: Tensor) -> Tensor:
        """The memory that is passed on: the states of the write tokens, or of the read tokens where there are none."""
        return hidden[:, hidden.shape[1] - self.back :] if self.back else hidden[:, : self.front]

    def text_of(self, hidden: Tensor) -> Tensor:
        return hidden[:, self.front : hidden.shape[1] - self.back]

    def visible(self, size: int, cache: int, device: torch.device) -> Tensor:
        """(S, cache + S) bool: which keys each query sees; those of the cache come first."""
        query = torch.arange(size, device=device)[:, None]
        key = torch.arange(-cache, size, device=device)[None]
        sees = key <= query
        if self.is_block:
            sees = sees | ((query < self.front) & (key < self.front)) | (query >= size - self.back)
        return sees


GPT2_FIELDS = (
    "vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner", "activation_function", "resid_pdrop",
    "embd_pdrop", "attn_pdrop", "layer_norm_epsilon",
)  # fmt: skip


class RecurrentGpt2(Decoder):
    def __init__(self, config: Mapping[str, Any], **settings: Any):
        super().__init__(config, **settings)
        own = transformers.GPT2Config(
            **{key: config[key] for key in GPT2_FIELDS if key in config},
            bos_token_id=None, eos_token_id=None, use_cache=False, attn_implementation="sdpa",
        )  # fmt: skip
        self.transformer = transformers.GPT2Model(own)
        if config.get("tie_word_embeddings", True) is False:
            self.lm_head = nn.Linear(own.n_embd, own.vocab_size, bias=False)
        self.add_memory(own.n_embd, self.transformer.h)

    def read(self, ids: Tensor, state: Tensors, passed: int) -> tuple[Tensor, Tensors]:
        gpt2 = self.transformer
        inputs = self.around(gpt2.wte(ids), state)
        size = inputs.shape[1]
        positions = torch.arange(size, device=ids.device)
        if self.config.get("write_positions") == "end":
            positions[size - self.mem :] += gpt2.wpe.num_embeddings - size
        hidden = gpt2.drop(inputs + gpt2.wpe(positions))
        # Without a mask the layers are causal.
        mask = self.visible(size, 0, ids.device)[None, None] if self.is_block else None
        after: Tensors = {}
        for i, layer in enumerate(gpt2.h):
            if self.associative:
                hidden = self.association.recall(layer, hidden, state[f"associations.{i}"], passed == 0)
            hidden = hidden_of(layer(hidden, attention_mask=mask))
            if self.associative:
                written = self.association.write(layer, self.memory_of(hidden), state[f"associations.{i}"], passed == 0)
                after[f"associations.{i}"] = written
        hidden = gpt2.ln_f(hidden)
        if self.mem > 0 and not self.associative:
            after["memory"] = self.memory_of(hidden)
        return self.text_of(hidden), after

    def head(self, hidden: Tensor) -> Tensor:
        return self.lm_head(hidden) if hasattr(self, "lm_head") else F.linear(hidden, self.transformer.wte.weight)
