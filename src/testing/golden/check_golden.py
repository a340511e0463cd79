"""Checks the golden files of the family against a second implementation of the models in plain numpy, which processes one
sequence and one query at a time and reads only the files (for the encoder: each row against the batch). Then checks
gradients by central differences.

    check_golden.py [FOLDER]    (default: `family` beside this script)
"""

import json
import sys
from pathlib import Path

import golden_models
import numpy as np
import torch
from golden_common import cut
from golden_family import CASES, Example
from safetensors import safe_open

TOLERANCE = 1e-6  # of f32 files against f64


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with safe_open(path, "np") as file:
        return {key: file.get_tensor(key).astype(np.float64) for key in file.keys()}, file.metadata()


def softmax(scores):
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def norm(x, weight, bias, eps):
    return (x - x.mean()) / np.sqrt(x.var() + eps) * weight + bias


def gelu_new(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def seen_by(query, front, tokens, back, mask):
    """The keys of the segment that a query sees."""
    if mask == "block" and query < front:
        return range(front)
    if mask == "block" and query >= front + tokens:
        return range(front + tokens + back)
    return range(query + 1)


class Plain:
    """Runs one sequence through a checkpoint."""

    def __init__(self, tensors, config):
        self.p, self.c = tensors, config
        self.kind = config["model_type"]
        self.mem = config.get("num_mem_tokens", 0)
        self.mask, self.at_end = config.get("memory_mask", "causal"), config.get("mem_at_end", True)
        self.back = self.mem if self.at_end else 0

    def run(self, ids):
        p, c = self.p, self.c
        memory = p.get("rmt.memory", np.zeros((0, 1)))
        xl = self.kind.endswith("xl")
        layers = c["n_layer"]
        self.caches = [np.zeros((0, c["d_model"]))] * layers if xl else None
        self.stores = None
        logits, states = [], []
        for start, end in cut(len(ids), c["segment_size"], c["segment_alignment"]):
            new, memory = (self.xl if xl else self.gpt2)(ids[start:end], memory)
            logits += list(new)
            states.append({"memory": memory, "caches": self.caches, "stores": self.stores})
        return np.array(logits), states

    def gpt2(self, ids, memory):
        p, c = self.p, self.c
        words = [p["transformer.wte.weight"][token] for token in ids]
        associative = self.kind == "armt-gpt2"
        front, back = (0, self.mem) if associative else (self.mem, self.back)
        rows = ([] if associative else list(memory)) + words + (list(memory) if back else [])
        table = p["transformer.wpe.weight"]
        own = len(table) - len(rows) if c.get("write_positions") == "end" else 0
        rows = [row + table[at + own * (at >= len(ids))] for at, row in enumerate(rows)]
        stores = []
        for i in range(c["n_layer"]):
            if associative and self.stores:
                rows = [row + self.recall(i, row) for row in rows]
            rows = self.block(i, rows, front, len(ids), back)
            if associative:
                stores.append(self.store(i, rows[len(ids) :]))
        self.stores = stores
        last = [norm(row, p["transformer.ln_f.weight"], p["transformer.ln_f.bias"], c["layer_norm_epsilon"]) for row in rows]
        text = last[front : front + len(ids)]
        kept = memory if associative else last[front + len(ids) :] if back else last[:front]
        return [p["transformer.wte.weight"] @ row for row in text], np.array(kept)

    def block(self, i, rows, front, tokens, back):
        c, p = self.c, {k.split(".", 3)[3]: v for k, v in self.p.items() if k.startswith(f"transformer.h.{i}.")}
        D, H = c["n_embd"], c["n_head"]
        size, eps = D // H, c["layer_norm_epsilon"]
        three = [norm(row, p["ln_1.weight"], p["ln_1.bias"], eps) @ p["attn.c_attn.weight"] + p["attn.c_attn.bias"] for row in rows]
        out = []
        for at, row in enumerate(rows):
            heads = []
            for h in range(H):
                part = slice(h * size, (h + 1) * size)
                seen = [three[key] for key in seen_by(at, front, tokens, back, self.mask)]
                weights = softmax(np.array([three[at][:D][part] @ key[D : 2 * D][part] for key in seen]) / np.sqrt(size))
                heads.append(sum(w * key[2 * D :][part] for w, key in zip(weights, seen)))
            row = row + np.concatenate(heads) @ p["attn.c_proj.weight"] + p["attn.c_proj.bias"]
            inner = gelu_new(norm(row, p["ln_2.weight"], p["ln_2.bias"], eps) @ p["mlp.c_fc.weight"] + p["mlp.c_fc.bias"])
            out.append(row + inner @ p["mlp.c_proj.weight"] + p["mlp.c_proj.bias"])
        return out

    def features(self, x):
        x = np.concatenate([np.maximum(x, 0), np.maximum(-x, 0)])
        n = len(x)
        out = np.array([x[k] * x[(k - j) % n] for j in (1, 2, 3) for k in range(n)])
        return out if self.c.get("key_norm") == "none" else out / max(np.sqrt((out**2).sum()), 1e-12)

    def of(self, i, name):
        return self.p[f"transformer.h.{i}.{name}"]

    def recall(self, i, row):
        matrix, z = self.stores[i]
        key = self.features(self.of(i, "W_mq.weight") @ row)
        return matrix.T @ key / (z @ key + 1e-5)

    def store(self, i, rows):
        D = self.c["n_embd"]
        keys = 6 * self.c["d_mem"]
        matrix, z = self.stores[i] if self.stores else (np.zeros((keys, D)), np.zeros(keys))
        new_matrix, new_z = matrix.copy(), z.copy()
        for row in rows:
            key, value = self.features(self.of(i, "W_mk.weight") @ row), self.of(i, "W_mv.weight") @ row
            share = 1 / (1 + np.exp(-(self.of(i, "W_mb.weight") @ row + self.of(i, "W_mb.bias"))))
            fresh = 1.0
            if self.stores:
                weight = z @ key + 1e-5
                value = value - matrix.T @ key / weight
                length = key @ key + (1e-5 if self.c.get("key_norm") == "none" else 0)
                fresh = min(max(1 - weight / length, 0), 1) if self.c.get("correction", True) else 1.0
            new_matrix += np.outer(key, share * value)
            new_z += fresh * key
        return new_matrix, new_z

    def xl(self, ids, memory):
        p, c = self.p, self.c
        words = p["transformer.word_emb.emb_layers.0.weight"]
        text = [words[token] * c["d_model"] ** 0.5 for token in ids]
        rows = list(memory) + text + (list(memory) if self.back else [])
        caches = []
        for i in range(c["n_layer"]):
            keys = list(self.caches[i]) + rows
            caches.append(np.array(keys[len(keys) - min(len(keys), c["mem_len"]) :]).reshape(-1, c["d_model"]))
            rows = self.xl_layer(i, rows, keys, len(ids))
        self.caches = caches
        text = rows[self.mem : self.mem + len(ids)]
        kept = rows[self.mem + len(ids) :] if self.back else rows[: self.mem]
        return [words @ row + p["crit.out_layers.0.bias"] for row in text], np.array(kept)

    def xl_layer(self, i, rows, keys, tokens):
        c, p = self.c, {k.split(".", 3)[3]: v for k, v in self.p.items() if k.startswith(f"transformer.layers.{i}.")}
        D, H, size, eps = c["d_model"], c["n_head"], c["d_head"], c["layer_norm_epsilon"]
        width, cached = H * size, len(keys) - len(rows)
        three = [p["dec_attn.qkv_net.weight"] @ key for key in keys]
        out = []
        for at, row in enumerate(rows):
            seen = [*range(cached), *(cached + key for key in seen_by(at, self.mem, tokens, self.back, self.mask))]
            query = three[cached + at][:width].reshape(H, size)
            scores, values = [], []
            for j in seen:
                d, whose = cached + at - j, query
                if c.get("relative_shift") == "lm-rmt" and d < 0:
                    # one ahead: nothing; more: the next query, counted from the far end of all keys
                    d, whose = len(keys) + 1 + d, None if d == -1 else three[cached + at + 1][:width].reshape(H, size)
                angles = [d / 10000 ** (2 * k / D) for k in range(D // 2)]
                far = p["dec_attn.r_net.weight"] @ np.array([*np.sin(angles), *np.cos(angles)])
                key = three[j][width : 2 * width].reshape(H, size)
                u, v = self.p["transformer.r_w_bias"], self.p["transformer.r_r_bias"]
                position = 0 if whose is None else ((whose + v) * far.reshape(H, size)).sum(1)
                scores.append((((query + u) * key).sum(1) + position) / size**0.5)
                values.append(three[j][2 * width :].reshape(H, size))
            found = [sum(w * value[h] for w, value in zip(softmax(np.array(scores)[:, h]), values)) for h in range(H)]
            row = row + p["dec_attn.o_net.weight"] @ np.concatenate(found)
            row = norm(row, p["dec_attn.layer_norm.weight"], p["dec_attn.layer_norm.bias"], eps)
            inner = np.maximum(p["pos_ff.CoreNet.0.weight"] @ row + p["pos_ff.CoreNet.0.bias"], 0)
            row = row + p["pos_ff.CoreNet.3.weight"] @ inner + p["pos_ff.CoreNet.3.bias"]
            out.append(norm(row, p["pos_ff.layer_norm.weight"], p["pos_ff.layer_norm.bias"], eps))
        return out


def check_values(folder: Path, name: str) -> float:
    """The largest difference of logits, loss and states between the files and the second implementation."""
    tensors, metadata = read(folder / f"{name}.checkpoint.safetensors")
    expected, _ = read(folder / f"{name}.expected.safetensors")
    config = json.loads(metadata["rmt_config"])
    given = json.loads((folder / f"{name}.input.json").read_text())
    worst, losses = 0.0, []

    def compare(mine, theirs):
        nonlocal worst
        assert np.shape(mine) == np.shape(theirs), (name, np.shape(mine), np.shape(theirs))
        worst = max(worst, float(np.abs(mine - theirs).max(initial=0)))

    for b, ids in enumerate(given["sequences"]):
        logits, states = Plain(tensors, config).run(ids)
        compare(logits, expected["logits"][b])
        for t in range(given.get("answer_from", 1), len(ids)):
            losses.append(-np.log(softmax(logits[t - 1])[ids[t]]))
        for n, state in enumerate(states):
            if "memory" in expected:
                compare(state["memory"], expected["memory"][b, n])
            for i in range(config["n_layer"]):
                if f"state.cache.{i}" in expected:
                    cache = state["caches"][i]
                    missing = np.zeros((config["mem_len"] - len(cache), cache.shape[1]))
                    compare(np.concatenate([missing, cache]), expected[f"state.cache.{i}"][b, n])
                if f"state.associations.{i}" in expected:
                    compare(state["stores"][i][0], expected[f"state.associations.{i}"][b, n])
                    compare(state["stores"][i][1], expected[f"state.normaliser.{i}"][b, n])
    compare(np.array([np.mean(losses)]), expected["loss"])
    return worst


def check_rows(name: str) -> float:
    """The largest difference between a batch and its rows, each run alone; a row that has not started has empty
    associations."""
    example, worst = Example(CASES[name].resolved()), 0.0
    sequences, labels = example.batch
    with torch.no_grad():
        together = example.run()
        for b, sequence in enumerate(sequences):
            alone = example.model.run([sequence], labels[b : b + 1])
            pairs = [(alone.logits[0], together.logits[b])]
            waits = len(together.states) - len(alone.states)
            for n, state in enumerate(together.states):
                for key, values in state.items():
                    own = values[b] * 0 if n < waits else alone.states[n - waits][key][0]
                    pairs.append((own, values[b]))
            worst = max(worst, *((mine - theirs).abs().max().item() for mine, theirs in pairs))
    return worst


def check_gradients(name: str) -> float:
    """The largest relative difference between the gradient and a central difference, along one random direction for each
    parameter. Tensors that stop gradients are recorded once and then held constant."""
    example, recorded = Example(CASES[name].resolved()), []
    stop = golden_models.constant
    golden_models.constant = lambda tensor: recorded.append(tensor.detach()) or recorded[-1]
    gradients = example.gradients([example.run().loss])
    random, worst, step = np.random.default_rng(0), 0.0, 1e-6

    def loss() -> float:
        replay = iter(recorded)
        golden_models.constant = lambda tensor: next(replay)
        with torch.no_grad():
            return example.run().loss.item()

    for key, parameter in example.parameters.items():
        direction = torch.from_numpy(random.standard_normal(tuple(parameter.shape)))
        start = parameter.detach().clone()
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.copy_(start + sign * step * direction)
            values.append(loss())
        with torch.no_grad():
            parameter.copy_(start)
        slope = (values[0] - values[1]) / (2 * step)
        gradient = gradients[key]
        worst = max(worst, abs(slope - (gradient * direction).sum().item()) / max(gradient.norm().item(), 1e-3))
    golden_models.constant = stop
    return worst


def check_reach(name: str) -> None:
    """BPTT with a depth of all segments equals full BPTT; with a depth of 0 it differs."""
    example = Example(CASES[name].resolved())
    full = example.gradients([example.run().loss])
    far = example.gradients(example.model.truncated_losses(*example.batch, len(CASES[name].resolved().spans)))
    near = example.gradients(example.model.truncated_losses(*example.batch, 0))
    assert all(torch.allclose(full[key], far[key], rtol=1e-10, atol=1e-14) for key in full), name
    assert not all(torch.allclose(full[key], near[key], rtol=1e-3) for key in full), name


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "family"
    torch.set_num_threads(1)
    failures = 0
    for name, case in CASES.items():
        values = check_rows(name) if case.model == "armt-bert" else check_values(folder, name)
        slopes = check_gradients(name)
        if case.reaches:
            check_reach(name)
        good = values < TOLERANCE and slopes < 1e-6
        failures += not good
        print(f"{name}: values within {values:.1e}, gradients within {slopes:.1e}{'' if good else '  FAILED'}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
