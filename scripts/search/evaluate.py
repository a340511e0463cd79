"""Accuracy of a run in PyTorch at many lengths: python scripts/search/evaluate.py --help.

The samples are held-out ones, drawn by `rmt data --split validation`; the model is that of a folder of `rmt export --to
torch`. It serves where a software adapter would take hours; results that it made say so.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of `rmt export --to torch`")
    parser.add_argument("data", type=Path, nargs="+", help="tables of `rmt data --out F.safetensors`")
    parser.add_argument("--weights", type=Path, help="a checkpoint (default: out/checkpoint.safetensors of the folder)")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    sys.path.insert(0, str(args.folder))
    from batches import read_lines, table_of
    from folder import class_of, fill, read_json
    from modeling_rmt import RecurrentModel

    torch.set_num_threads(args.threads)
    config = read_json(args.folder / "config.json")
    model: RecurrentModel = class_of(config["rmt_model"])(config)
    weights = args.weights or args.folder / "out/checkpoint.safetensors"
    own = {name: tensor for name, tensor in load_file(weights).items() if not name.startswith("optimizer.")}
    fill(model, own, str(weights))
    model.eval()
    for path in args.data:
        began = time.perf_counter()
        table = table_of(load_columns(path) if path.suffix == ".safetensors" else read_lines(path), path)
        right = sum(answered(model, table, rows) for rows in torch.arange(len(table)).split(args.batch))
        segments = sorted({int(n) for n in table.segments})
        line = {"segments": segments[0] if len(segments) == 1 else segments, "samples": len(table), "right": right}
        print(json.dumps({**line, "seconds": round(time.perf_counter() - began, 1)}), flush=True)


def load_columns(path: Path) -> dict:
    return {name: tensor.numpy() for name, tensor in load_file(path).items()}


@torch.no_grad()
def answered(model, table, rows) -> int:
    """How many of these rows, classified after their last segment, are right."""
    tokens = torch.stack([torch.from_numpy(table.sequence(int(row))) for row in rows])
    state, size = model.start(len(rows)).tensors, model.size
    for n in range(tokens.shape[1] // size):
        hidden, state = model.read(tokens[:, n * size : (n + 1) * size], state, 0)
    labels = torch.from_numpy(table.label[rows.numpy()])
    return int((model.head(hidden)[:, 0].argmax(-1) == labels).sum())


if __name__ == "__main__":
    main()
