"""Checks the model of the folder for PyTorch against the golden values: the loss and every gradient of every
case, also of truncated BPTT.

    python check_torch.py [FOLDER]      FOLDER: of modeling_rmt.py (default: src/torch/python)
"""

import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / "torch/python")))

from folder import class_of, fill  # noqa: E402
from modeling_rmt import Batch, RecurrentModel, cut  # noqa: E402

MOST = 1e-6  # the golden values are rounded to f32


def metadata(path: Path) -> dict:
    with safe_open(path, "pt") as file:
        return {key: json.loads(value) for key, value in file.metadata().items() if key != "format"}


def batch_of(model: RecurrentModel, given: dict, loss: str) -> Batch:
    specials = [model.config.get(f"{name}_token_id") for name in ("pad", "cls", "sep")]
    rows = given["sequences"]
    if not model.generates:
        rows = [[token for token in row if token not in specials] for row in rows]
    lengths = [len(row) for row in rows]
    counts = [len(cut(length, model.size, model.alignment)) for length in lengths]
    segments, longest = max(counts), max(lengths)
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    if model.generates:
        targets = tokens.roll(-1, 1)
        weights = torch.zeros_like(targets, dtype=torch.float64)
        weights[:, given.get("answer_from", 1) - 1 : longest - 1] = 1
        weights /= weights.sum()
    else:
        targets = torch.tensor(given["labels"])[:, None].expand(-1, segments)
        begun = torch.tensor([[n >= segments - count for n in range(segments)] for count in counts]).double()
        weights = begun / begun.sum(0) / segments
        if loss == "last":
            weights[:, :-1], weights[:, -1] = 0, 1 / len(rows)
    return Batch(tokens, lengths, segments, targets, weights, weights > 0)


def check(path: Path, depth: int, prefix: str) -> float:
    """The largest difference of a loss or gradient, relative to the largest number of its tensor."""
    expected_file = path.with_name(path.name.replace("checkpoint", "expected"))
    expected, case = load_file(expected_file), metadata(expected_file)["case"]
    config = metadata(path)["rmt_config"]
    model = class_of(config["model_type"])({**config, "rmt_model": config["model_type"]}, bptt_depth=depth)
    fill(model, load_file(path), path.name)
    model.double().eval()
    given = json.loads(path.with_name(path.name.replace("checkpoint.safetensors", "input.json")).read_text())
    score = model(batch_of(model, given, case.get("loss", "last")))
    score.loss.backward()
    worst = abs(score.loss.item() - expected["loss"].item())
    for name, parameter in model.named_parameters():
        wanted = expected[prefix + name].double()
        # The gradient of a key's bias is zero, or rounding noise.
        worst = max(worst, ((parameter.grad - wanted).abs().max() / (wanted.abs().max() + 1e-6)).item())
    return worst


def main() -> None:
    paths = sorted([*HERE.glob("*.checkpoint.safetensors"), *HERE.glob("family/*.checkpoint.safetensors")])
    failed = False
    for path in paths:
        keys = load_file(path.with_name(path.name.replace("checkpoint", "expected"))).keys()
        kinds = [
            (-1, "grad."),
            *((k, f"grad_k{k}.") for k in (0, 1) if any(key.startswith(f"grad_k{k}.") for key in keys)),
        ]
        for depth, prefix in kinds:
            worst = check(path, depth, prefix)
            failed |= not worst <= MOST
            print(f"{path.name.split('.')[0]:28}{'' if depth < 0 else f'depth {depth}':10}{worst:.1e}")
    if failed:
        sys.exit(f"differences above {MOST}")


if __name__ == "__main__":
    main()
