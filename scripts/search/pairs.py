"""Search for a recipe of key-value in PyTorch: python scripts/search/pairs.py --help.

An encoder RMT (that of recipes.py) or a decoder RMT (pre-LN GPT-2, memory before and after the words). Pairs of a key and a
digit stand side by side from the start of their segment; the last segment asks for one of the keys, and has the pairs itself
if it is the only one. Figures guide the search and are not results.
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

KEY, DIGIT, BLANK, START, DIGITS, VOCABULARY = 4, 70, 81, 82, 10, 83
WIDTH, INNER = 64, 128


def sample(rng, batch, segments, size, keys, pairs, favour, drawn):
    """Documents (batch, segments, size) and the digits asked for (batch). A document draws how much it favours the first
    keys: by up to `favour` in its question, by up to `drawn` in its choice of keys, as powers of e for each next key."""
    by, among = (most * rng.random((batch, 1)) for most in (favour, drawn))
    score = rng.gumbel(size=(batch, keys)) - among * np.arange(keys)
    told = rng.permuted(np.argsort(-score, 1)[:, :pairs], axis=1)
    digits = rng.integers(0, DIGITS, told.shape)
    asked = (rng.gumbel(size=told.shape) - by * told).argmax(1)
    tokens, rows = np.full((batch, segments, size), BLANK), np.arange(batch)
    segment = rng.integers(0, segments - 1, told.shape) if segments > 2 else np.zeros(told.shape, int)
    used = np.zeros((batch, segments), int)
    for k in range(told.shape[1]):
        at = segment[:, k]
        tokens[rows, at, used[rows, at]], tokens[rows, at, used[rows, at] + 1] = KEY + told[:, k], DIGIT + digits[:, k]
        used[rows, at] += 2
    tokens[:, -1, -2], tokens[:, -1, -1] = START, KEY + told[rows, asked]
    return torch.from_numpy(tokens), torch.from_numpy(digits[rows, asked])


def fits(segments, size, pairs):
    """Whether the pairs fit if all fall into one segment, beside the question where there is one segment only."""
    return 2 * pairs <= size - (2 if segments == 1 else 0)


class Encoder(Rmt):
    def __init__(self, size, memory, heads):
        super().__init__(options(size=size, memory=memory, heads=heads, memory_positions=1.0))
        self.head = nn.Linear(WIDTH, DIGITS)
        nn.init.normal_(self.head.weight, std=0.05)
        nn.init.zeros_(self.head.bias)

    def digits(self, document):
        """(B, segments, size) → logits (B, 10)"""
        memory = None
        for segment in document.unbind(1):
            logits, memory = self(segment, memory)
        return logits


class Block(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads, self.one, self.two = heads, nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x):
        B, S, D = x.shape
        q, k, v = self.qkv(self.one(x)).view(B, S, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B, S, D)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.two(x)), approximate='tanh'))


class Decoder(nn.Module):
    def __init__(self, size, memory, heads):
        super().__init__()
        self.words, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(size + 2 * memory, WIDTH)
        self.memory = nn.Parameter(torch.empty(memory, WIDTH))
        self.blocks, self.norm = nn.Sequential(*(Block(heads) for _ in range(2))), nn.LayerNorm(WIDTH)
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.05)
            elif name.endswith('bias'):
                nn.init.zeros_(p)

    def digits(self, document):
        """(B, segments, size) → logits (B, 10); the answer is the word after the last"""
        memory = self.memory.expand(len(document), -1, -1)
        for segment in document.unbind(1):
            x = torch.cat([memory, self.words(segment), memory], 1)
            x = self.blocks(x + self.positions.weight)
            end = memory.shape[1] + segment.shape[1]
            answer, memory = x[:, end - 1], x[:, end:]
        return self.norm(answer) @ self.words.weight[DIGIT : DIGIT + DIGITS].T


@torch.no_grad()
def accuracy(model, documents, *task):
    tokens, answers = sample(np.random.default_rng(99), documents, *task, 0, 0)
    return (model.digits(tokens).argmax(1) == answers).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', choices=['encoder', 'decoder'], default='decoder')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--size', type=int, default=24, help='words of a segment')
    parser.add_argument('--memory', type=int, default=8)
    parser.add_argument('--heads', type=int, default=8)
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--stages', nargs='+', default=['1:8:4:5:0:500', '2:8:4:5:0:600', '3:60:4:0:0:1500'],
                        help='segments:keys:pairs:favour:drawn:steps')
    parser.add_argument('--decay', type=float, default=0.0)
    o = parser.parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(o.seed)
    model = (Encoder if o.model == 'encoder' else Decoder)(o.size, o.memory, o.heads)
    optimiser = torch.optim.AdamW(model.parameters(), lr=o.lr, weight_decay=o.decay)
    started, step, right = time.time(), 0, []
    for stage in o.stages:
        segments, keys, pairs, favour, drawn, steps = (float(each) for each in stage.split(':'))
        task = int(segments), o.size, int(keys), int(pairs)
        if not fits(segments, o.size, pairs):
            parser.error(f'--stages {stage}: {pairs:.0f} pairs do not fit in a segment of {o.size} words')
        for _ in range(int(steps)):
            step += 1
            for group in optimiser.param_groups:
                group['lr'] = o.lr * min(1, step / 100)
            tokens, answers = sample(rng, 64, *task, favour, drawn)
            logits = model.digits(tokens)
            loss = F.cross_entropy(logits, answers)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimiser.step()
            right.append((logits.argmax(1) == answers).float().mean().item())
            if step % 100 == 0:
                print(f'{stage} step {step} accuracy {np.mean(right[-100:]):.3f}, asked evenly '
                      f'{accuracy(model, 256, *task):.3f} {time.time() - started:.0f}s', flush=True)
    for pairs in (1, 2, 4, 6, 8, 12, 16):
        if pairs <= keys and fits(segments, o.size, pairs):
            print(pairs, 'pairs', f'{accuracy(model, 512, *task[:3], pairs):.3f}')


if __name__ == '__main__':
    main()
