"""Transformer-XL (Dai et al. 2019, arXiv:1901.02860), which transformers no longer includes: layers with relative
positions, under the names of its TransfoXLLMHeadModel. The two bias vectors are shared by all layers.

Shapes: R rows, S positions of a segment, K keys (a cache of earlier positions, then the segment), D width, H heads of
size d.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modeling_rmt import Decoder, Tensors


def sinusoids(distances: Tensor, width: int) -> Tensor:
    """(N) distances -> (N, D): the sines of all frequencies, then the cosines."""
    frequencies = 10000.0 ** (-2 * torch.arange(width // 2, device=distances.device, dtype=torch.float32) / width)
    angles = distances[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], -1)


class Attention(nn.Module):
    """Attention whose scores depend on the distance from query to key (sections 3.3 and A of the paper)."""

    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.width, self.heads, self.head_size = config["d_model"], config["n_head"], config["d_head"]
        self.shifts: bool = config.get("relative_shift", "distance") == "lm-rmt"
        inner = self.heads * self.head_size
        self.qkv_net = nn.Linear(self.width, 3 * inner, bias=False)
        self.o_net = nn.Linear(inner, self.width, bias=False)
        self.r_net = nn.Linear(self.width, inner, bias=False)
        self.layer_norm = nn.LayerNorm(self.width, eps=config["layer_norm_epsilon"])

    def by_head(self, x: Tensor) -> Tensor:
        """(…, H * d) -> (…, H, d)"""
        return x.unflatten(-1, (self.heads, self.head_size))

    def scores_of(self, query: Tensor, first: int, end: int) -> Tensor:
        """The scores of every query (R, S, H, d) with the distances first … end - 1: (R, H, S, end - first)"""
        distances = torch.arange(first, end, device=query.device, dtype=torch.float32)
        far = self.by_head(self.r_net(sinusoids(distances, self.width).to(query.dtype)))
        return torch.einsum("rshd,phd->rhsp", query, far)

    def distance_scores(self, query: Tensor, keys: int) -> Tensor:
        """(R, S, H, d) -> (R, H, S, K)"""
        size = query.shape[1]
        if self.shifts:
            # LM-RMT shifts the matrix of scores. Where a query sees ahead, inside memory blocks, that leaves a zero
            # or a score of the next query.
            rows = F.pad(self.scores_of(query, 0, keys).flip(-1), (1, 0))
            return rows.flatten(2)[..., size:].unflatten(-1, (size, keys))
        at = torch.arange(keys, device=query.device)
        at = at[keys - size :, None] - at + size - 1
        scores = self.scores_of(query, 1 - size, keys)
        return scores.gather(-1, at.expand(*scores.shape[:2], -1, -1))

    def forward(self, x: Tensor, keys: Tensor, sees: Tensor, content_bias: Tensor, distance_bias: Tensor) -> Tensor:
        """x (R, S, D), keys (R, K, D), sees (S, K) bool, biases (H, d) -> (R, S, D)"""
        w_query, w_key, w_value = self.qkv_net.weight.chunk(3)
        query, key, value = (
            self.by_head(F.linear(given, weight)) for given, weight in ((x, w_query), (keys, w_key), (keys, w_value))
        )
        content = torch.einsum("rshd,rkhd->rhsk", query + content_bias, key)
        position = self.distance_scores(query + distance_bias, keys.shape[1])
        scores = (content + position) / math.sqrt(self.head_size)
        weights = scores.masked_fill(~sees, -math.inf).softmax(-1)
        return self.o_net(torch.einsum("rhsk,rkhd->rshd", weights.to(value.dtype), value).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        width, inner = config["d_model"], config["d_inner"]
        # The numbers in the names of its parameters, 0 and 3, are places in this list.
        self.CoreNet = nn.Sequential(
            nn.Linear(width, inner), nn.ReLU(), nn.Identity(), nn.Linear(inner, width), nn.Dropout(config["dropout"])
        )
        self.layer_norm = nn.LayerNorm(width, eps=config["layer_norm_epsilon"])

    def forward(self, x: Tensor) -> Tensor:
        return self.layer_norm(x + self.CoreNet(x))


class Layer(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.dec_attn = Attention(config)
        self.pos_ff = FeedForward(config)
        self.dropout = nn.Dropout(config["dropout"])

    def forward(self, x: Tensor, keys: Tensor, sees: Tensor, content_bias: Tensor, distance_bias: Tensor) -> Tensor:
        attended = self.dec_attn(x, keys, sees, content_bias, distance_bias)
        return self.pos_ff(self.dec_attn.layer_norm(x + self.dropout(attended)))


class TransformerXl(nn.Module):
    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        width = config["d_model"]
        self.word_emb = nn.Module()
        self.word_emb.emb_layers = nn.ModuleList([nn.Embedding(config["vocab_size"], width)])
        self.r_w_bias = nn.Parameter(torch.zeros(config["n_head"], config["d_head"]))
        self.r_r_bias = nn.Parameter(torch.zeros(config["n_head"], config["d_head"]))
        self.layers = nn.ModuleList([Layer(config) for _ in range(config["n_layer"])])
        self.dropout = nn.Dropout(config["dropout"])
        self.scale = math.sqrt(width)

    @property
    def words(self) -> Tensor:
        """(V, D) the word embedding, which is also the output layer."""
        return self.word_emb.emb_layers[0].weight

    def embed(self, ids: Tensor) -> Tensor:
        """(R, T) -> (R, T, D)"""
        return self.word_emb.emb_layers[0](ids) * self.scale


class OutputBias(nn.Module):
    """The bias of the output layer, under its name crit.out_layers.0.bias."""

    def __init__(self, words: int):
        super().__init__()
        self.out_layers = nn.ModuleList([nn.Module()])
        self.out_layers[0].bias = nn.Parameter(torch.zeros(words))

    @property
    def bias(self) -> Tensor:
        return self.out_layers[0].bias


class RecurrentTransformerXl(Decoder):
    """With memory around the text, a cache of each layer's earlier inputs, or both; no gradient flows into a cache."""

    def __init__(self, config: Mapping[str, Any], **settings: Any):
        super().__init__(config, **settings)
        self.transformer = TransformerXl(config)
        self.crit = OutputBias(config["vocab_size"])
        self.add_memory(config["d_model"], self.transformer.layers)

    def read(self, ids: Tensor, state: Tensors, passed: int) -> tuple[Tensor, Tensors]:
        xl = self.transformer
        hidden = xl.dropout(self.around(xl.embed(ids), state))
        size, filled = hidden.shape[1], min(self.mem_len, passed)
        sees = self.visible(size, filled, ids.device)
        after: Tensors = {}
        for i, layer in enumerate(xl.layers):
            keys = hidden
            if self.mem_len > 0:
                cache = state[f"cache.{i}"].to(hidden.dtype)
                keys = torch.cat([cache[:, self.mem_len - filled :], hidden], 1)
                after[f"cache.{i}"] = torch.cat([cache, hidden], 1)[:, -self.mem_len :].detach()
            hidden = layer(hidden, keys, sees, xl.r_w_bias, xl.r_r_bias)
        hidden = xl.dropout(hidden)
        if self.mem > 0:
            after["memory"] = self.memory_of(hidden)
        return self.text_of(hidden), after

    def head(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.transformer.words, self.crit.bias)
