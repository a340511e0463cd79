"""Search for a recipe of key-value in PyTorch: python scripts/search/pairs.py --help. The model is that of recipes.py.

Two segments: pairs of a key and a digit side by side in the first, one of the keys in the second. Figures guide the
search and are not results.
"""
import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).parent))
from recipes import Rmt, options  # noqa: E402

KEY, DIGIT, BLANK, START, DIGITS = 4, 70, 81, 82, 10


def sample(rng, batch, size, keys, pairs, favour, drawn):
    """Documents (batch, 2, size) and the digits asked for (batch). A document draws how much it favours the first keys:
    by up to `favour` in its question, by up to `drawn` in its choice of keys, as powers of e for each next key."""
    by, among = (most * rng.random((batch, 1)) for most in (favour, drawn))
    score = rng.gumbel(size=(batch, keys)) - among * np.arange(keys)
    told = rng.permuted(np.argsort(-score, 1)[:, :pairs], axis=1)
    digits = rng.integers(0, DIGITS, told.shape)
    asked = (rng.gumbel(size=told.shape) - by * told).argmax(1)
    tokens, rows = np.full((batch, 2, size), BLANK), np.arange(batch)
    tokens[:, 0, 0 : 2 * pairs : 2], tokens[:, 0, 1 : 2 * pairs : 2] = KEY + told, DIGIT + digits
    tokens[:, 1, -2], tokens[:, 1, -1] = START, KEY + told[rows, asked]
    return torch.from_numpy(tokens), torch.from_numpy(digits[rows, asked])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--pairs', type=int, default=4)
    parser.add_argument('--memory', type=int, default=8)
    parser.add_argument('--heads', type=int, default=4)
    parser.add_argument('--lr', type=float, default=2e-3)
    parser.add_argument('--stages', nargs='+', default=['8:5:0:2500', '8:0:0:800'], help='keys:favour:drawn:steps')
    o = parser.parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(o.seed)
    size = 2 * o.pairs + 2
    model = Rmt(options(size=size, memory=o.memory, heads=o.heads, memory_positions=1.0))
    model.head = nn.Linear(64, DIGITS)
    nn.init.normal_(model.head.weight, std=0.05)
    nn.init.zeros_(model.head.bias)
    optimiser = torch.optim.AdamW(model.parameters(), lr=o.lr, weight_decay=1e-3)
    started, step, right = time.time(), 0, []
    for stage in o.stages:
        keys, favour, drawn, steps = (float(each) for each in stage.split(':'))
        for _ in range(int(steps)):
            step += 1
            for group in optimiser.param_groups:
                group['lr'] = o.lr * min(1, step / 100)
            tokens, answers = sample(rng, 64, size, int(keys), o.pairs, favour, drawn)
            memory = None
            for segment in range(2):
                logits, memory = model(tokens[:, segment], memory)
            loss = F.cross_entropy(logits, answers)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimiser.step()
            right.append((logits.argmax(1) == answers).float().mean().item())
            if step % 100 == 0:
                print(f'{stage} step {step} accuracy {np.mean(right[-100:]):.3f} {time.time() - started:.0f}s', flush=True)


if __name__ == '__main__':
    main()
