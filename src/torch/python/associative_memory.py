"""ARMT's memory (Rodkin et al. 2024, arXiv:2407.04841): every layer has associations, which all positions of its input
read and memory tokens of its output write.

Shapes: R rows, S positions, M memory tokens, D width, K = 6 * d_mem features of a key.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Association(nn.Module):
    """How a layer reads its associations, at every position of its input, and how memory tokens of its output write
    them, by the delta rule. A state (R, K, D + 1) holds the associations A and, in its last column, the normaliser z.
    """

    def __init__(self, config: Mapping[str, Any]):
        super().__init__()
        self.d_mem: int = config["d_mem"]
        self.features = 6 * self.d_mem
        self.normalises = config.get("key_norm", "l2") == "l2"
        self.corrects: bool = config.get("correction", True)

    def add_parameters(self, layer: nn.Module, width: int) -> None:
        layer.W_mq = nn.Linear(width, self.d_mem, bias=False)
        layer.W_mk = nn.Linear(width, self.d_mem, bias=False)
        layer.W_mv = nn.Linear(width, width, bias=False)
        layer.W_mb = nn.Linear(width, 1)

    def keys(self, x: Tensor) -> Tensor:
        """DPFP-3: (…, d_mem) -> (…, K), none negative"""
        x = torch.cat([F.relu(x), F.relu(-x)], -1)
        features = torch.cat([x * x.roll(j, -1) for j in (1, 2, 3)], -1)
        return F.normalize(features, dim=-1, eps=1e-12) if self.normalises else features

    @staticmethod
    def find(keys: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """What the keys recall (R, S, D), and z · key + 1e-5 (R, S, 1)"""
        both = keys @ state
        weight = both[..., -1:] + 1e-5
        return both[..., :-1] / weight, weight

    def recall(self, layer: nn.Module, hidden: Tensor, state: Tensor, is_first: bool) -> Tensor:
        """hidden (R, S, D), with what it recalls"""
        found, _ = self.find(self.keys(layer.W_mq(hidden)), state)
        return hidden if is_first else hidden + found

    def write(self, layer: nn.Module, tokens: Tensor, state: Tensor, is_first: bool) -> Tensor:
        """tokens (R, M, D): the layer's output at the memory tokens -> the next state"""
        keys, value, share = self.keys(layer.W_mk(tokens)), layer.W_mv(tokens), layer.W_mb(tokens).sigmoid()
        found, weight = self.find(keys, state)
        fresh = torch.ones_like(share)
        if not is_first and self.corrects:  # only what is new of a key goes into the normaliser; no gradient
            floor = 0.0 if self.normalises else 1e-5
            fresh = (1 - weight / (keys.square().sum(-1, keepdim=True) + floor)).clamp(0, 1).detach()
        change = share * (value if is_first else value - found)
        return state + keys.mT @ torch.cat([change, fresh], -1)
