"""Makes one file of a run for RMT Playground: run.zip, to be dropped on its page or read by `rmt import`.

    python convert_back.py                  out/checkpoint.safetensors and out/metrics.jsonl, as train.py left them
    python convert_back.py --weights W      the weights of another program: a file or folder of safetensors, or a state
                                            dict of torch.save. The result, run.safetensors, has no optimiser and curves

Weights keep the names of model.safetensors; a prefix that wrappers add to all of them is removed.
"""

import argparse
import json
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from folder import FolderError, class_of, fill, metadata, read_json, write_checkpoint

HERE = Path(__file__).resolve().parent


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, or of the safetensors files of a folder, without a prefix that all names share."""
    if path.is_dir():
        files = sorted(path.glob("*.safetensors")) or sorted(path.glob("pytorch_model.bin"))
    else:
        files = [path]
    if not files or not files[0].exists():
        raise FolderError(
            f"{path} holds no weights: name a .safetensors file, or what torch.save wrote of a state dict"
        )
    tensors: dict[str, Tensor] = {}
    for file in files:
        tensors |= load_file(file) if file.suffix == ".safetensors" else torch.load(file, "cpu", weights_only=True)
    for prefix in ("module.", "_orig_mod.", "model."):
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors


def check_metrics(path: Path, steps: int) -> None:
    """Every step has its line."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    found = [line["step"] for line in lines if line["type"] == "step"]
    if found and (found != list(range(found[0], found[-1] + 1)) or found[-1] < steps):
        missing = sorted(set(range(found[0], steps + 1)) - set(found))
        raise FolderError(f"{path} lacks step {missing[0] if missing else '?'}: put the lines back, or import "
                          "checkpoint.safetensors alone")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=HERE / "out", help="the --out of train.py (default: out)")
    parser.add_argument("--weights", type=Path, help="weights of another program, instead of the run's")
    parser.add_argument("--out", type=Path, default=HERE / "run.zip", help="file to write (default: run.zip)")
    args = parser.parse_args()
    checkpoint, metrics = args.run / "checkpoint.safetensors", args.run / "metrics.jsonl"
    if args.weights:
        config = read_json(HERE / "config.json")
        model = class_of(config["rmt_model"])(config)
        known = {name for name, _ in model.named_parameters()}
        # Buffers, and an output layer that is the word embedding, are no parameters.
        weights = {n: t for n, t in read_weights(args.weights).items() if n in known or not n.startswith("lm_head")}
        fill(model, weights, str(args.weights))
        checkpoint = args.out.with_suffix(".safetensors")
        write_checkpoint(checkpoint, dict(model.named_parameters()), metadata(HERE, None))
        print(checkpoint)
        return
    if not checkpoint.exists():
        raise FolderError(f"{checkpoint} is missing: run train.py first")
    progress = read_json(args.run / "state/progress.json")["progress"]
    files = [checkpoint]
    if metrics.exists():
        check_metrics(metrics, progress["step"])
        files.append(metrics)
    with zipfile.ZipFile(args.out, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    print(args.out)


if __name__ == "__main__":
    try:
        main()
    except FolderError as error:
        sys.exit(f"convert_back.py: {error}")
