"""Search for training recipes in PyTorch: python scripts/search/recipes.py --help. What wins is trained again with rmt.

An encoder RMT as in src/models (post-LN BERT around a classifier, memory tokens among the word embeddings), and a
vectorised sampler of the tasks detect and tracking. The noise is drawn word by word, without the sentences of the real
generator: figures guide the search and are not results.
"""
import argparse
import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CLS, SEP = 2, 3
NAMES, VERBS, PLACES = np.arange(4, 11), np.arange(11, 16), np.arange(16, 22)
TO, THE, STOP, WHERE, IS, MARK, BACK = range(22, 29)
NOISE = np.arange(29, 129)
VOCABULARY = 129
SLOT, QUESTION = 7, 4


def sample(rng, batch, segments, size, people, moves, aux, order=0.0, each=1, names=4, oldest=0.0, absent=0.0, within=0, favour=0.0, drawn=False):
    """Documents (batch, segments, size), the class asked for at the end of each segment, or -1: (batch, segments)."""
    tokens = rng.choice(np.concatenate([NOISE, [THE, STOP]]), (batch, segments * size))
    per_segment = (size - QUESTION) // SLOT
    moves = min(moves, per_segment * (min(within, segments) or segments))
    people = min(people, moves)
    batch = -(-batch // each)
    tokens = tokens[:batch]
    cast = np.argsort(rng.random((batch, names)), 1)[:, :people]
    who = np.concatenate([np.tile(np.arange(people), (batch, 1)), rng.integers(0, people, (batch, moves - people))], 1)
    # Mostly in the order of the list of names: then a name says something about where its sentence is.
    cast = np.where(rng.random((batch, 1)) < order, np.sort(cast, 1), cast)
    who = np.take_along_axis(cast, np.where(rng.random((batch, 1)) < order, np.sort(who, 1), np.take_along_axis(who, np.argsort(rng.random(who.shape), 1), 1)), 1)
    slots = np.sort(np.argsort(rng.random((batch, per_segment * (min(within, segments) or segments))), 1)[:, :moves], 1)
    rows = np.arange(batch)
    at = np.full((batch, names), -1)
    labels = np.full((batch, segments), -1)
    used = np.zeros((batch, segments), int)
    history = np.full((segments, batch, names), -1)
    moved = np.full((segments, batch, names), -1)
    segment_of = slots // per_segment
    for k in range(moves):
        person, segment = who[:, k], segment_of[:, k]
        place = rng.integers(0, 6, batch)
        same = place == at[rows, person]
        place[same] = (place[same] + rng.integers(1, 6, same.sum())) % 6
        verb = rng.integers(0, 5, batch)
        start = segment * size + used[rows, segment]
        back = (verb == 4).astype(int)
        for offset, value in enumerate([NAMES[person], np.where(back, VERBS[1], VERBS[verb])]):
            tokens[rows, start + offset] = value
        tokens[rows[back == 1], start[back == 1] + 2] = BACK
        for offset, value in enumerate([TO, THE, PLACES[place], STOP]):
            tokens[rows, start + 2 + back + offset] = value
        used[rows, segment] += 6 + back
        at[rows, person] = place
        for s in range(segments):
            now = segment <= s
            history[s, rows[now], person[now]] = place[now]
            moved[s, rows[now], person[now]] = k
    if each > 1:
        tokens, history, moved = np.repeat(tokens, each, 0), np.repeat(history, each, 1), np.repeat(moved, each, 1)
        base_score = np.repeat(rng.random((batch, names)), each, 0)
        used, labels = np.repeat(used, each, 0), np.repeat(labels, each, 0)
        batch = batch * each
        rows = np.arange(batch)
    for s in range(segments):
        last = s == segments - 1
        known = history[s] >= 0
        asking = known.any(1) & (last | (rng.random(batch) < aux))
        score = np.where(known, base_score if each > 1 and last else rng.random((batch, names)), -1)
        chosen = score.argmax(1) if each == 1 or not last else np.take_along_axis(np.argsort(-score, 1), (np.arange(batch) % each % np.maximum(known.sum(1), 1))[:, None], 1)[:, 0]
        # More often about the first names of the list.
        if favour and not (each > 1 and last):
            by = favour * rng.random((batch, 1)) if drawn else favour
            chosen = np.where(known, rng.gumbel(size=(batch, names)) - by * np.arange(names), -np.inf).argmax(1)
        # Often about whoever moved longest ago.
        first = np.where(known, moved[s], moves).argmin(1)
        chosen = np.where(rng.random(batch) < oldest, first, chosen)
        away = (rng.random(batch) < absent) & ~known.all(1)
        chosen = np.where(away, np.where(known, -1, rng.random((batch, names))).argmax(1), chosen)
        end = (s + 1) * size
        which = rows[asking]
        for offset, value in enumerate([np.full(batch, WHERE), np.full(batch, IS), NAMES[chosen], np.full(batch, MARK)]):
            tokens[which, end - QUESTION + offset] = value[asking]
        found = history[s, which, chosen[asking]]
        labels[which, s] = np.where(found < 0, len(PLACES), found)
    return torch.from_numpy(tokens.reshape(batch, segments, size)), torch.from_numpy(labels)


class Layer(nn.Module):
    def __init__(self, d, heads, ff):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, ff), nn.Linear(ff, d)
        self.one, self.two = nn.LayerNorm(d, 1e-12), nn.LayerNorm(d, 1e-12)

    def forward(self, x):
        B, S, D = x.shape
        q, k, v = self.qkv(x).view(B, S, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, S, D)
        x = self.one(x + self.out(mixed))
        return self.two(x + self.down(F.gelu(self.up(x))))


class Rmt(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.m = o.memory
        self.words, self.positions = nn.Embedding(VOCABULARY, o.d), nn.Embedding(o.size + o.memory + 3, o.d)
        self.memory = nn.Parameter(torch.empty(o.memory, o.d))
        self.norm = nn.LayerNorm(o.d, 1e-12)
        self.layers = nn.ModuleList(Layer(o.d, o.heads, o.ff) for _ in range(o.layers))
        self.pool, self.head = nn.Linear(o.d, o.d), nn.Linear(o.d, len(PLACES) + 1)
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=o.std)
            elif name.endswith('bias'):
                nn.init.zeros_(p)
        # Queries and keys, and values and outputs, begin as transposes of each other (Trockman and Kolter 2023).
        with torch.no_grad():
            for k, layer in enumerate(self.layers):
                scale = o.mimetic_qk_first if k == 0 else o.mimetic_qk
                if scale:
                    alike = scale * nn.init.orthogonal_(torch.empty(o.d, o.d))
                    layer.qkv.weight[: o.d] += alike
                    layer.qkv.weight[o.d : 2 * o.d] += alike
                if o.mimetic_ov:
                    copied = o.mimetic_ov**0.5 * nn.init.orthogonal_(torch.empty(o.d, o.d))
                    layer.qkv.weight[2 * o.d :] += copied
                    layer.out.weight += copied.T
        # Memory token k begins as the k-th name, and is told apart by it in every segment.
        with torch.no_grad():
            few = min(o.memory, len(NAMES))
            names = self.words.weight[NAMES[:few]] / o.std
            if o.memory_words:
                self.memory[:few] = o.memory_words * names
        if o.sinusoid:
            S, D = self.positions.weight.shape
            at = torch.arange(S)[:, None].float()
            f = torch.exp(-math.log(o.base) * torch.arange(0, D, 2).float() / D)
            with torch.no_grad():
                self.positions.weight[:, 0::2] = o.sinusoid * torch.sin(at * f)
                self.positions.weight[:, 1::2] = o.sinusoid * torch.cos(at * f)
                if o.rotate:
                    self.positions.weight[:] = self.positions.weight @ nn.init.orthogonal_(torch.empty(D, D))
        if o.position_words:
            with torch.no_grad():
                self.positions.weight[1:1 + few] = o.position_words * names
        if o.memory_positions:
            nn.init.normal_(self.positions.weight[1:1 + o.memory], std=o.memory_positions)
        if o.first_attention:
            with torch.no_grad():
                self.layers[0].qkv.weight[: 2 * o.d] *= o.first_attention / o.std

    @torch.no_grad()
    def ask_with_memory(self, position, cls, name, memory):
        """Memory tokens, and their positions, as what [CLS] and each name look like."""

        def unit(v):
            return v / v.pow(2).mean(-1, keepdim=True).sqrt()

        asks = unit(cls * unit(self.words.weight[CLS] + self.positions.weight[0]) + name * unit(self.words.weight[NAMES]))
        self.positions.weight[1 : 1 + len(NAMES)] = position * asks
        self.memory[: len(NAMES)] = memory * asks

    def forward(self, tokens, memory=None, noise=0.0):
        """One segment (B, size) → logits (B, 6), memory (B, m, d)."""
        B = tokens.shape[0]
        e = self.words(tokens)
        special = self.words(torch.tensor([CLS, SEP]))
        memory = self.memory.expand(B, -1, -1) if memory is None else memory
        if noise:
            memory = memory + noise * torch.randn_like(memory)
        cls, sep = special[0].expand(B, 1, -1), special[1].expand(B, 1, -1)
        x = self.norm(torch.cat([cls, memory, sep, e, sep], 1) + self.positions.weight)
        for layer in self.layers:
            x = layer(x)
        return self.head(torch.tanh(self.pool(x[:, 0]))), x[:, 1 : 1 + self.m]


def run(model, tokens, labels, noise=0.0):
    memory, losses, right, count = None, [], 0, 0
    for s in range(tokens.shape[1]):
        logits, memory = model(tokens[:, s], memory, noise if memory is not None else 0.0)
        asked = labels[:, s] >= 0
        if asked.any():
            losses.append(F.cross_entropy(logits[asked], labels[asked, s], reduction='sum'))
            count += int(asked.sum())
    return sum(losses) / count, (logits.argmax(1) == labels[:, -1]).float().mean().item()


@torch.no_grad()
def evaluate(model, o, segments, documents=256):
    rng = np.random.default_rng(10_000 + segments)
    right = 0
    for at in range(0, documents, 256):
        tokens, labels = sample(rng, 256, segments, o.size, o.people, o.moves, 0, 0, 1, o.names)
        right += run(model, tokens, labels)[1]
    return right / (documents / 256)


def parser_of_options():
    parser = argparse.ArgumentParser()
    for name, value in dict(layers=2, d=64, heads=4, ff=128, memory=8, size=28, people=3, moves=6, batch=64, std=0.05).items():
        parser.add_argument(f'--{name}', type=type(value), default=value)
    parser.add_argument('--sinusoid', type=float, default=0.0, help='amplitude of sinusoids as initial positions')
    parser.add_argument('--oldest', type=float, default=0.0, help='share of the questions about whoever moved longest ago')
    parser.add_argument('--each', type=int, default=1, help='questions about each document in a batch')
    parser.add_argument('--report', type=int, default=250)
    parser.add_argument('--memory-positions', type=float, default=0.0, help='std of the initial positions of memory tokens; 0: as all weights')
    parser.add_argument('--first-attention', type=float, default=0.0, help='std of the initial queries and keys of the first layer; 0: as all weights')
    parser.add_argument('--mimetic-qk', type=float, default=0.0, help='scale at which keys begin like queries, after the first layer')
    parser.add_argument('--mimetic-qk-first', type=float, default=0.0, help='the same in the first layer')
    parser.add_argument('--mimetic-ov', type=float, default=0.0, help='share of its values that attention begins by copying')
    parser.add_argument('--rotate', action='store_true', help='turn the sinusoids by a random rotation')
    parser.add_argument('--wrap', type=float, nargs=4, metavar=('POSITION', 'CLS', 'NAME', 'MEMORY'), help='after --load: memory tokens as questions about each name; std of positions, weights of [CLS] and name, std of the memory')
    parser.add_argument('--favour-drawn', action='store_true', help='each document draws how much its questions favour the first names, from 0 to favour')
    parser.add_argument('--repeat', type=int, default=0, help='documents that half of each batch is drawn from again and again')
    parser.add_argument('--memory-words', type=float, default=0.0, help='std of initial memory tokens made of the embeddings of the names; 0: random')
    parser.add_argument('--position-words', type=float, default=0.0, help='std of positions of memory tokens made of the embeddings of the names; 0: random')
    parser.add_argument('--names', type=int, default=4, help='names that people are drawn from')
    parser.add_argument('--base', type=float, default=10000.0)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--lr', type=float, default=2e-3)
    parser.add_argument('--decay', type=float, default=1e-3)
    parser.add_argument('--clip', type=float, default=1.0)
    parser.add_argument('--aux', type=float, default=0.0, help='share of earlier segments that end with a question')
    parser.add_argument('--average', type=float, default=0.0, help='decay of averaged weights')
    parser.add_argument('--schedule', choices=['linear', 'constant', 'constant-linear', 'restart'], default='restart')
    # people:moves:segments:steps:noise:order:names:absent:within:favour, the last six as the options or 0 if not given. absent:
    # share of the questions about somebody who was not told of; within: all moves stand in the first so many segments;
    # favour: the power of e by which each next name of the list is asked about less often
    parser.add_argument('--stages', nargs='+', default=['2:3:1:2000:0', '3:3:1:2000:0', '3:6:2:2000:0'])
    parser.add_argument('--drawn', choices=['uniform', 'mostly', 'fixed'], default='mostly')
    parser.add_argument('--vary', action='store_true', help='draw people and moves up to the stage’s, half of the time')
    parser.add_argument('--until', type=float, default=0.0, help='accuracy at which a stage ends early; not the last one')
    parser.add_argument('--lengths', type=int, nargs='+', default=[1, 2, 4, 8, 16, 64, 256])
    parser.add_argument('--name', default='run')
    parser.add_argument('--save', default='')
    parser.add_argument('--load', default='')
    return parser


def options(**given):
    """The defaults, with these given."""
    return argparse.Namespace(**{**vars(parser_of_options().parse_args([])), **given})


def main():
    o = parser_of_options().parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(o.seed)
    model = Rmt(o)
    if o.load:
        model.load_state_dict(torch.load(o.load))
        if o.wrap:
            model.ask_with_memory(*o.wrap)
    started, total = time.time(), 0
    for stage in o.stages:
        fields = stage.split(':')
        people, moves, segments, steps = (int(x) for x in fields[:4])
        noise, order = (float(fields[k]) if len(fields) > k else 0.0 for k in (4, 5))
        names = int(fields[6]) if len(fields) > 6 else o.names
        absent = float(fields[7]) if len(fields) > 7 else 0.0
        within = int(fields[8]) if len(fields) > 8 else 0
        favour = float(fields[9]) if len(fields) > 9 else 0.0
        groups = [
            {'params': [p for p in model.parameters() if p.dim() > 1], 'weight_decay': o.decay},
            {'params': [p for p in model.parameters() if p.dim() <= 1], 'weight_decay': 0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=o.lr)
        seen = []
        pool = None
        for step in range(steps):
            warm = min(1, (step + 1) / (0.1 * steps))
            is_last = stage is o.stages[-1]
            rate = 1 if o.schedule == 'constant' or (o.schedule == 'constant-linear' and not is_last) else (1 - step / steps) / 0.9
            for group in optimiser.param_groups:
                group['lr'] = o.lr * min(warm, rate)
            n = segments
            if o.drawn == 'uniform' or (o.drawn == 'mostly' and rng.random() < 0.3):
                n = int(rng.integers(1, segments + 1))
            p, m = people, moves
            if o.vary and rng.random() < 0.5:
                p, m = int(rng.integers(1, people + 1)), int(rng.integers(1, moves + 1))
            tokens, labels = sample(rng, o.batch, n, o.size, p, m, o.aux, order, o.each, names, o.oldest, absent, within, favour, o.favour_drawn)
            if o.repeat and n == segments:
                if pool is None:
                    pool = sample(rng, o.repeat, n, o.size, people, moves, o.aux, order, o.each, names, o.oldest, absent, within, favour, o.favour_drawn)
                few = o.batch // 2
                which = torch.from_numpy(rng.integers(0, len(pool[0]), few))
                tokens = torch.cat([tokens[few:], pool[0][which]])
                labels = torch.cat([labels[few:], pool[1][which]])
            loss, accuracy = run(model, tokens, labels, noise)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), o.clip)
            optimiser.step()
            seen.append(accuracy)
            total += 1
            if (step + 1) % o.report == 0:
                recent = float(np.mean(seen[-o.report:]))
                print(f'{o.name} {stage} step {step + 1} loss {loss.item():.3f} accuracy {recent:.3f} {time.time() - started:.0f}s', flush=True)
                if o.until and not is_last and recent >= o.until:
                    break
        if o.save:
            torch.save(model.state_dict(), o.save)
    result = {n: round(evaluate(model, o, n), 4) for n in o.lengths}
    print(json.dumps({'name': o.name, 'seed': o.seed, 'steps': total, 'seconds': round(time.time() - started), 'accuracy': result}))


if __name__ == '__main__':
    main()
