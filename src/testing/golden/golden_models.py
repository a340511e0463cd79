"""The generative models, implemented from the papers; README.md lists the choices made.

A model passes a state from segment to segment: a dict of tensors whose first axis is the batch. Its keys are `memory`
(B, M, D) and `cache.<layer>` (B, entries, D); golden_associative.py adds its own.
"""

import math
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy, layer_norm, pad, relu
from transformers import GPT2Config, GPT2LMHeadModel

State = dict[str, torch.Tensor]
Parameters = dict[str, torch.Tensor]


def constant(tensor: torch.Tensor) -> torch.Tensor:
    """Stops the gradient; the only place that does."""
    return tensor.detach()


def visible(read: int, tokens: int, write: int, cache: int, mask: str) -> torch.Tensor:
    """(S, cache + S) bool: which keys each query sees. The cache's keys come first."""
    size = read + tokens + write
    query, key = torch.arange(size)[:, None], torch.arange(-cache, size)[None]
    sees = key <= query
    if mask == "block":
        sees = sees | (query < read) & (key < read) | (query >= size - write)
    return sees


# ---- one segment after another ----


class Segment(NamedTuple):
    logits: torch.Tensor
    state: State
    attention: list[torch.Tensor]


class Run(NamedTuple):
    logits: torch.Tensor
    loss: torch.Tensor
    states: list[State]  # after each segment
    attention: list[list[torch.Tensor]]


class Decoder:
    """A generative model; subclasses define how a segment is computed."""

    def __init__(self, case):
        self.case = case

    def config(self) -> dict:
        raise NotImplementedError

    def parameters(self) -> Parameters:
        raise NotImplementedError

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T, D): the rows of the word embedding."""
        raise NotImplementedError

    def start(self, batch: int) -> State:
        raise NotImplementedError

    def segment(self, ids: torch.Tensor, state: State, first: bool) -> Segment:
        raise NotImplementedError

    def segment_config(self) -> dict:
        return {"segment_size": self.case.segment_size, "segment_alignment": self.case.alignment}

    def memory_config(self) -> dict:
        return {"memory_mask": self.case.memory_mask, "mem_at_end": self.case.mem_at_end}

    @property
    def room(self) -> tuple[int, int]:
        """Memory positions before and after the text."""
        return self.case.mem, self.case.mem if self.case.mem_at_end else 0

    def share(self, ids: torch.Tensor, span: tuple[int, int], logits: torch.Tensor) -> torch.Tensor:
        """The contribution of the tokens predicted in the segment `span` to the mean over all predicted tokens."""
        length, first = ids.shape[1], self.case.answer_from or 1
        start, end = max(span[0] + 1, first), min(span[1] + 1, length)
        if start >= end:
            return logits.sum() * 0
        chosen = logits[:, start - 1 - span[0] : end - 1 - span[0]]
        total = cross_entropy(chosen.flatten(0, 1), ids[:, start:end].flatten(), reduction="sum")
        return total / (len(ids) * (length - first))

    def run(self, ids: torch.Tensor) -> Run:
        state = self.start(len(ids))
        logits, losses, states, attention = [], [], [], []
        for n, (start, end) in enumerate(self.case.spans):
            out = self.segment(ids[:, start:end], state, n == 0)
            state = out.state
            logits.append(out.logits)
            losses.append(self.share(ids, (start, end), out.logits))
            states.append(state)
            attention.append(out.attention)
        return Run(torch.cat(logits, 1), sum(losses), states, attention)

    def truncated_losses(self, ids: torch.Tensor, reach: int):
        """Each segment's share of the loss, with the state from `reach` segments earlier as a constant."""
        spans = self.case.spans
        with torch.no_grad():
            after = self.run(ids).states
        for n, span in enumerate(spans):
            begin = max(0, n - reach)
            state = after[begin - 1] if begin else self.start(len(ids))
            for i in range(begin, n + 1):
                out = self.segment(ids[:, slice(*spans[i])], state, i == 0)
                state = out.state
            yield self.share(ids, span, out.logits)


# ---- GPT-2 ----


class Gpt2(Decoder):
    """Hugging Face's GPT-2, without memory tokens or with memory read before the text and written after it."""

    def __init__(self, case):
        super().__init__(case)
        config = GPT2Config(
            vocab_size=case.vocab,
            n_positions=case.positions,
            n_embd=case.hidden,
            n_layer=case.layers,
            n_head=case.heads,
            n_inner=case.inner,
            activation_function="gelu_new",
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            layer_norm_epsilon=case.eps,
            bos_token_id=None,
            eos_token_id=None,
            use_cache=False,
        )
        self.model = GPT2LMHeadModel._from_config(config, attn_implementation="eager").double().eval()
        self.model.tie_weights()
        self.memory = torch.zeros(case.mem, case.hidden, dtype=torch.float64, requires_grad=True)

    def gpt2_config(self) -> dict:
        fields = (
            "n_embd", "n_layer", "n_head", "n_inner", "n_positions", "vocab_size", "layer_norm_epsilon",
            "activation_function", "embd_pdrop", "attn_pdrop", "resid_pdrop",
        )
        return {field: getattr(self.model.config, field) for field in fields}

    def config(self) -> dict:
        mem = {"num_mem_tokens": self.case.mem}
        return {**self.gpt2_config(), **mem, **self.segment_config(), **self.memory_config()}

    def parameters(self) -> Parameters:
        keyed = dict(self.model.named_parameters())
        if self.case.mem:
            keyed["rmt.memory"] = self.memory
        return dict(sorted(keyed.items()))

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model.transformer.wte(ids)

    def start(self, batch: int) -> State:
        return {"memory": self.memory.expand(batch, -1, -1)} if self.case.mem else {}

    def segment(self, ids, state, first):
        (read, write), tokens = self.room, ids.shape[1]
        inputs = self.words(ids)
        if read:
            inputs = torch.cat([state["memory"], inputs, *([state["memory"]] if write else [])], 1)
        mask = None
        if self.case.memory_mask == "block":
            sees = visible(read, tokens, write, 0, "block")
            mask = torch.zeros(1, 1, *sees.shape, dtype=torch.float64)
            mask.masked_fill_(~sees, torch.finfo(torch.float64).min)
        out = self.model(
            inputs_embeds=inputs, attention_mask=mask, output_hidden_states=True, output_attentions=True
        )
        last = out.hidden_states[-1]  # after the final layer norm
        memory = last[:, read + tokens :] if write else last[:, :read]
        return Segment(
            out.logits[:, read : read + tokens], {"memory": memory} if read else {}, list(out.attentions)
        )


# ---- Transformer-XL ----


def sinusoids(distances: torch.Tensor, size: int) -> torch.Tensor:
    """(distances, size): the sines of all frequencies, then the cosines."""
    frequencies = 10000.0 ** (-2 * torch.arange(size // 2, dtype=torch.float64) / size)
    angles = distances[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1)


class TransformerXl(Decoder):
    """Transformer-XL, without memory tokens or with memory around the text."""

    EMBEDDING, OUTPUT_BIAS = "transformer.word_emb.emb_layers.0.weight", "crit.out_layers.0.bias"
    CONTENT_BIAS, DISTANCE_BIAS = "transformer.r_w_bias", "transformer.r_r_bias"

    def __init__(self, case):
        super().__init__(case)
        hidden, inner, heads, size = case.hidden, case.inner, case.heads, case.head_size
        shapes = {
            self.EMBEDDING: (case.vocab, hidden),
            self.OUTPUT_BIAS: (case.vocab,),
            self.CONTENT_BIAS: (heads, size),
            self.DISTANCE_BIAS: (heads, size),
        }
        for i in range(case.layers):
            attention, forward = f"transformer.layers.{i}.dec_attn", f"transformer.layers.{i}.pos_ff"
            shapes |= {
                f"{attention}.qkv_net.weight": (3 * heads * size, hidden),
                f"{attention}.o_net.weight": (hidden, heads * size),
                f"{attention}.r_net.weight": (heads * size, hidden),
                f"{attention}.layer_norm.weight": (hidden,),
                f"{attention}.layer_norm.bias": (hidden,),
                f"{forward}.CoreNet.0.weight": (inner, hidden),
                f"{forward}.CoreNet.0.bias": (inner,),
                f"{forward}.CoreNet.3.weight": (hidden, inner),
                f"{forward}.CoreNet.3.bias": (hidden,),
                f"{forward}.layer_norm.weight": (hidden,),
                f"{forward}.layer_norm.bias": (hidden,),
            }
        if case.mem:
            shapes["rmt.memory"] = (case.mem, hidden)
        self.keyed = {
            key: torch.zeros(shape, dtype=torch.float64, requires_grad=True) for key, shape in sorted(shapes.items())
        }

    def config(self) -> dict:
        case = self.case
        own = {
            "d_model": case.hidden,
            "n_layer": case.layers,
            "n_head": case.heads,
            "d_head": case.head_size,
            "d_inner": case.inner,
            "vocab_size": case.vocab,
            "layer_norm_epsilon": case.eps,
            "dropout": 0.0,
            "dropatt": 0.0,
            "mem_len": case.mem_len,
            **self.segment_config(),
        }
        if case.relative_shift:
            own["relative_shift"] = case.relative_shift
        return {**own, "num_mem_tokens": case.mem, **self.memory_config()} if case.mem else own

    def parameters(self) -> Parameters:
        return self.keyed

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        return self.keyed[self.EMBEDDING][ids]

    def start(self, batch: int) -> State:
        case = self.case
        empty = torch.zeros(batch, 0, case.hidden, dtype=torch.float64)
        state = {f"cache.{i}": empty for i in range(case.layers)} if case.mem_len else {}
        if case.mem:
            state["memory"] = self.keyed["rmt.memory"].expand(batch, -1, -1)
        return state

    def segment(self, ids, state, first):
        case, (read, write), tokens = self.case, self.room, ids.shape[1]
        x = self.words(ids) * math.sqrt(case.hidden)
        if read:
            x = torch.cat([state["memory"], x, *([state["memory"]] if write else [])], 1)
        after, attention = {}, []
        for i in range(case.layers):
            cache = state.get(f"cache.{i}", x[:, :0])
            keys = torch.cat([cache, x], 1)
            if case.mem_len:
                after[f"cache.{i}"] = constant(keys[:, -case.mem_len :])
            sees = visible(read, tokens, write, cache.shape[1], case.memory_mask)
            x, probabilities = self.layer(i, x, keys, sees)
            attention.append(probabilities)
        if read:
            after["memory"] = x[:, read + tokens :] if write else x[:, :read]
        logits = x[:, read : read + tokens] @ self.keyed[self.EMBEDDING].T + self.keyed[self.OUTPUT_BIAS]
        return Segment(logits, after, attention)

    def layer(self, i: int, x: torch.Tensor, keys: torch.Tensor, sees: torch.Tensor):
        case = self.case

        def of(name: str) -> torch.Tensor:
            return self.keyed[f"transformer.layers.{i}.{name}"]

        def norm(y: torch.Tensor, name: str) -> torch.Tensor:
            return layer_norm(y, (case.hidden,), of(f"{name}.layer_norm.weight"), of(f"{name}.layer_norm.bias"), case.eps)

        def by_head(y: torch.Tensor) -> torch.Tensor:
            return y.unflatten(-1, (case.heads, case.head_size))

        size, all_keys = x.shape[1], keys.shape[1]
        w_query, w_key, w_value = of("dec_attn.qkv_net.weight").chunk(3)
        query, key, value = by_head(x @ w_query.T), by_head(keys @ w_key.T), by_head(keys @ w_value.T)
        content = torch.einsum("bihd,bjhd->bhij", query + self.keyed[self.CONTENT_BIAS], key)

        def position_scores(first: int, end: int) -> torch.Tensor:
            """(B, H, S, end - first): of every query with the distances first … end - 1."""
            table = sinusoids(torch.arange(first, end, dtype=torch.float64), case.hidden)
            far = by_head(table @ of("dec_attn.r_net.weight").T)
            return torch.einsum("bihd,phd->bhip", query + self.keyed[self.DISTANCE_BIAS], far)

        if case.relative_shift == "lm-rmt":
            rows = pad(position_scores(0, all_keys).flip(-1), (1, 0))
            position = rows.flatten(2)[..., size:].unflatten(-1, (size, all_keys))
        else:
            # distances from 1 - size (first query, last key) to all_keys - 1
            at = torch.arange(all_keys - size, all_keys)[:, None] - torch.arange(all_keys) + size - 1
            position = position_scores(1 - size, all_keys)
            position = position.gather(-1, at.expand(*position.shape[:2], -1, -1))
        scores = (content + position) / math.sqrt(case.head_size)
        probabilities = scores.masked_fill(~sees, -math.inf).softmax(-1)
        found = torch.einsum("bhij,bjhd->bihd", probabilities, value).flatten(2)
        x = norm(x + found @ of("dec_attn.o_net.weight").T, "dec_attn")
        inner = relu(x @ of("pos_ff.CoreNet.0.weight").T + of("pos_ff.CoreNet.0.bias"))
        x = norm(x + inner @ of("pos_ff.CoreNet.3.weight").T + of("pos_ff.CoreNet.3.bias"), "pos_ff")
        return x, probabilities
